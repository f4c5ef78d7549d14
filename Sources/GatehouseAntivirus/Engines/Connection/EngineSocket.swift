// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// A connection's socket and what the loop watches it for; used on the loop.
///
/// It is closed by ``close()`` and never watched afterwards.
struct EngineSocket: ~Copyable {
    private let loop: EventLoop
    private var descriptor: Descriptor?
    private var interest: Readiness = []
    /// How long to wait before another attempt at a listener that is full.
    private var patience = Duration.milliseconds(2)

    /// None yet, or one that is connected already.
    init(_ connected: consuming Descriptor? = nil, loop: EventLoop) {
        descriptor = connected
        self.loop = loop
    }

    /// Its number; nil while there is none.
    var number: Int32? {
        switch descriptor {
        case .some(let descriptor): descriptor.number
        case nil: nil
        }
    }

    /// Opens a socket and begins to connect it.
    mutating func connect(to address: StreamAddress) throws(SystemError) -> StreamSocket.Connecting {
        let socket = try StreamSocket.open(for: address)
        let number = socket.number
        descriptor = consume socket
        return try StreamSocket.connect(number, to: address)
    }

    /// Closes it, and calls `again` after a pause that grows from one attempt to the next: a listener that is full has no
    /// event for it.
    mutating func retry(_ again: @escaping @Sendable () -> Void) {
        close()
        loop.schedule(at: loop.time.now + patience, again)
        patience = min(patience * 2, .milliseconds(100))
    }

    /// Watches it for this from now on.
    mutating func watch(_ readiness: Readiness, _ handler: any ReadinessHandler) throws(SystemError) {
        guard let number, readiness != interest else { return }
        if interest.isEmpty {
            try loop.add(number, readiness, handler)
        } else {
            try loop.change(number, readiness)
        }
        interest = readiness
    }

    /// Closes it; nothing happens where there is none.
    mutating func close() {
        guard let number else { return }
        if !interest.isEmpty { loop.remove(number) }
        interest = []
        descriptor = nil
    }
}

extension Readiness {
    /// What is watched while there is something to send.
    static let inputAndRoom = Readiness(rawValue: Readiness.input.rawValue | Readiness.writable.rawValue)
}
