// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// What the table knows about one upstream session.
struct UpstreamRecord: Sendable {
    enum Phase: Sendable {
        case opening
        case open(UpstreamSession)
        /// It ended, or was never opened; whoever needs it opens it.
        case down
        /// Its connection ended, for good.
        case gone
    }

    let key: UpstreamKey
    let binding: GatewayBinding
    var phase = Phase.opening
    /// Counts the openings.
    var generation: UInt64 = 0
    var locations: [JSONValue] = []
    /// The gateways that hold it.
    var handles: [GatewayHandle] = []
    /// Those who asked for it by route, with how long it is kept after them.
    var waiters: [(waiter: UpstreamWaiter, keep: Duration)] = []
    var leases = 0
    var pins = 0
    var keptUntil: Instant?
    var openedAt: Instant?
    var lastContact: Instant?
    var nextPing: Instant?
    var isPinged = false
    var lastFailure: (error: SecurityCenterError, at: Instant)?

    var isOpening: Bool {
        guard case .opening = phase else { return false }
        return true
    }

    func isOpen(in generation: UInt64) -> Bool {
        guard case .open = phase else { return false }
        return self.generation == generation
    }

    /// Whether nobody has anything to do with it.
    var isUnused: Bool { handles.isEmpty && leases == 0 && pins == 0 && waiters.isEmpty && !isOpening }

    var state: GatewayInfo.State {
        switch phase {
        case .opening: .preparing
        case .open: .open
        case .down: .lost
        case .gone: .gone
        }
    }
}

/// What the table knows about one gateway.
struct GatewayRecord: Sendable {
    /// A call that waits; with a generation, one that goes on with something begun in it.
    typealias Entry = (waiter: UpstreamWaiter, generation: UInt64?)

    let upstream: UpstreamID
    let owner: UInt32
    let binding: GatewayBinding
    let openedAt: Instant
    let idleTimeout: Duration
    /// Orders gateways by age.
    let number: UInt64
    var lastUse: Instant
    var inFlight = 0
    var pins = 0
    var queue: [Entry] = []

    /// When it will have been idle for too long; nil while it is used.
    var idleAt: Instant? {
        inFlight == 0 && pins == 0 && queue.isEmpty ? lastUse + idleTimeout : nil
    }
}
