// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
package import GatehousePlatform
import GatehouseWire
import Glibc

/// The socket side of the daemon: connections, limits, counts. It knows nothing of what the methods do.
// Unchecked because, but for constants, its state is touched on the loop's thread alone: by the connections, which live
// there, and by the methods below, which check it.
package final class Server: @unchecked Sendable {
    /// The loop that everything here runs on.
    package let loop: EventLoop
    /// What a caller may use.
    package private(set) var limits: ServerLimits
    let spawner: TaskSpawner
    let readers: ReaderThreads
    let input = InputBuffer()

    private var pipeline: Pipeline
    /// Finds out callers' units, where the policy asks for them.
    private(set) var units: (any UnitLookup)?
    private let process: String
    var listeners: [Listener] = []
    private var connections: [UInt64: Connection] = [:]
    private var users: [UInt32: UserCounts] = [:]
    private var nextConnection: UInt64 = 1
    private var nextRequest: UInt64 = 1
    private var held = HeldSum()
    /// What `status` tells.
    package private(set) var counts = ServerCounts()
    /// Whether ``drain(_:)`` was called.
    package private(set) var isDraining = false
    /// Whether callers are accepted: not while draining, nor after ``stopAccepting()``.
    var isAccepting = true
    private var whenEmpty: (@Sendable () -> Void)?
    /// Whether ``takeNoNewWork()`` was called.
    var takesNoNewWork = false
    /// Those who wait for all requests but their own to end.
    var idleWaiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]
    var idleWaitersBegun = 0
    var nextIdleWaiter: UInt64 = 1
    private var observer: (@Sendable () -> Void)?

    private struct UserCounts {
        var connections = 0
        var requests = 0
        var held = HeldSum()
    }

    /// Puts a server on a loop; it serves nothing until ``listen(on:)``.
    package init(
        loop: EventLoop,
        limits: ServerLimits,
        pipeline: Pipeline,
        units: (any UnitLookup)? = nil,
        readers: ReaderThreads,
        spawner: TaskSpawner
    ) {
        self.loop = loop
        self.limits = limits
        self.pipeline = pipeline
        self.units = units
        self.readers = readers
        self.spawner = spawner
        let random = String(UInt32.random(in: .min ... .max), radix: 16)
        process = String(repeating: "0", count: 8 - random.count) + random
    }

    // MARK: Listening

    /// Accepts callers on a listening, non-blocking socket; those of an administrators' socket see every user's doings.
    ///
    /// With `isOwn` nobody serves the socket after this process: whoever is connected to it when it stops is told so. On
    /// any other socket they wait for the next process. Called on the loop.
    package func listen(
        on descriptor: consuming Descriptor,
        isAdmin: Bool = false,
        isOwn: Bool = false
    ) throws(SystemError) {
        loop.checkIsolated()
        let listener = Listener(descriptor, isAdmin: isAdmin, isOwn: isOwn, server: self)
        try listener.open()
        listeners.append(listener)
    }

    func accepted(_ socket: Int32, isAdmin: Bool) {
        let peer: PeerIdentity
        do {
            peer = try PeerIdentity(ofPeerAt: socket)
        } catch {
            Glibc.close(socket)
            return
        }
        guard connections.count < limits.connections,
            users[peer.user]?.connections ?? 0 < limits.connectionsPerUid
        else {
            refuse(socket, peer)
            return
        }
        let connection = Connection(
            owning: socket,
            number: nextConnection,
            peer: peer,
            isAdmin: isAdmin,
            server: self
        )
        connections[nextConnection] = connection
        nextConnection += 1
        users[peer.user, default: UserCounts()].connections += 1
        counts.accepted += 1
        counts.open = connections.count
        // It may close at once, which takes it out again.
        connection.assumeIsolated { $0.open() }
        observer?()
    }

    /// Says why in one line; a caller that does not read it loses nothing that a plain close would have left it.
    private func refuse(_ socket: Int32, _ peer: PeerIdentity) {
        counts.refused += 1
        let isOwn = connections.count < limits.connections
        let reason = isOwn ? "user \(peer.user) has too many connections" : "too many connections"
        var output = OutputBuffer()
        let hint = "Try again once others have left, or raise limits.\(isOwn ? "connectionsPerUid" : "connections")."
        let error = APIError(.limitExceeded, reason, isRetryable: true, hint: hint).json(
            requestID: nextRequestID().text
        )
        OutgoingMessage.appendError(error, id: .null, to: &output.bytes)
        output.bytes.append(UInt8(ascii: "\n"))
        _ = output.send(to: socket)
        Glibc.close(socket)
    }

    func closed(_ connection: Connection, _ socket: Int32) {
        Glibc.close(socket)
        connections[connection.number] = nil
        counts.open = connections.count
        change(connection.peer.user) { $0.connections -= 1 }
        observer?()
        tellIfEmpty()
    }

    private func tellIfEmpty() {
        guard isDraining, connections.isEmpty, let whenEmpty else { return }
        self.whenEmpty = nil
        whenEmpty()
    }

    func endInput(of socket: Int32) {
        shutdown(socket, Int32(SHUT_RD))
    }

    func endOutput(of socket: Int32) {
        shutdown(socket, Int32(SHUT_WR))
    }

    /// Accepts no more callers; calls `whenEmpty` once all that are connected have gone.
    ///
    /// What was accepted is answered, and further requests are answered `stopping`: none that a caller could send is
    /// dropped unread. Called on the loop.
    package func drain(_ whenEmpty: @escaping @Sendable () -> Void) {
        loop.checkIsolated()
        isDraining = true
        isAccepting = false
        self.whenEmpty = whenEmpty
        for listener in listeners { listener.close() }
        listeners = []
        for connection in connections.values { connection.assumeIsolated { $0.finish() } }
        tellIfEmpty()
    }

    /// Cancels all work, which is answered with `stopping`, and ends the connections once that is sent.
    ///
    /// Called on the loop, after ``drain(_:)``.
    package func cancelAll() {
        loop.checkIsolated()
        for connection in connections.values {
            connection.assumeIsolated { $0.cancelAll(because: APIError(.stopping)) }
        }
    }

    /// Ends all connections at once; their work is cancelled.
    ///
    /// Called on the loop.
    package func closeAll() {
        loop.checkIsolated()
        for connection in connections.values { connection.assumeIsolated { $0.close() } }
    }

    // MARK: Configuring

    /// Puts other methods and another policy in the place of those of before, for the calls that come from now on.
    ///
    /// Calls that wait go on with what they began with; the sizes of messages are those of when a connection was made.
    /// With `units`, callers that are connected are looked up before they are heard again. Called on the loop.
    package func replace(_ pipeline: Pipeline, limits: ServerLimits, units: (any UnitLookup)?) {
        loop.checkIsolated()
        self.pipeline = pipeline
        self.limits = limits
        self.units = units
        for connection in connections.values { connection.assumeIsolated { $0.identify() } }
    }

    /// Calls the observer on the loop whenever a connection or a waiting request has come or gone; one observer.
    package func observe(_ observer: @escaping @Sendable () -> Void) {
        loop.checkIsolated()
        self.observer = observer
    }

    // MARK: Calls

    func nextRequestID() -> RequestID {
        nextRequest += 1
        return RequestID(process: process, number: nextRequest)
    }

    func begin(_ call: IncomingCall) -> Pipeline.Progress {
        counts.requests += 1
        return pipeline.begin(call, takesNoNewWork: takesNoNewWork)
    }

    func refuse(_ call: IncomingCall, because error: APIError) -> Pipeline.Reply {
        pipeline.refuse(call, because: error)
    }

    func end(_ result: Result<JSONValue, APIError>, _ request: InFlight) -> Pipeline.Reply {
        pipeline.end(result, of: request.waiting, request.call)
    }

    func refusal(ofUser user: UInt32) -> APIError? {
        if isDraining { return APIError(.stopping) }
        guard users[user]?.requests ?? 0 < limits.requestsPerUid else {
            return .tooManyInFlight("user \(user) already has \(limits.requestsPerUid) requests in flight")
        }
        return nil
    }

    /// Why a user's connections may not hold so many bytes more; nil where they may.
    func refusal(toHold more: Int, of user: UInt32) -> APIError? {
        let own = (users[user]?.held.counted ?? 0) + more
        return refusal(own, held.counted + more, half: false, of: user)
    }

    /// Why a request of a user's that keeps so many bytes is not begun; nil where it is.
    ///
    /// Requests have half of the room, so that the next one can be read and told to come again, on a connection that stays.
    func refusal(ofRequestThatHolds bytes: Int, of user: UInt32) -> APIError? {
        refusal((users[user]?.held.requests ?? 0) + bytes, held.requests + bytes, half: true, of: user)
    }

    /// What is wrong where more is held than may be: replies count when they are written, whatever room there is.
    func overflow(of user: UInt32) -> APIError? {
        let own = users[user]?.held ?? HeldSum()
        return refusal(own.counted - own.leaving, held.counted - held.leaving, half: false, of: user)
    }

    /// Who holds little is served, however much others hold.
    private func refusal(_ own: Int, _ all: Int, half: Bool, of user: UInt32) -> APIError? {
        let (ofUser, ofAll) = (limits.heldBytesPerUid / (half ? 2 : 1), limits.heldBytes / (half ? 2 : 1))
        if own > ofUser { return .tooMuchHeld(by: user) }
        return all > ofAll && own > limits.heldBytes / Self.littleShare ? .tooMuchHeld(by: nil) : nil
    }

    /// What part of all is little.
    private static let littleShare = 16

    /// Notes that a user's connections hold so many bytes more, or fewer.
    func hold(_ more: HeldSum, of user: UInt32) {
        held += more
        change(user) { $0.held += more }
    }

    func began(_ user: UInt32) {
        counts.inFlight += 1
        change(user) { $0.requests += 1 }
        observer?()
    }

    func ended(_ user: UInt32) {
        counts.inFlight -= 1
        change(user) { $0.requests -= 1 }
        if !idleWaiters.isEmpty { checkIdle() }
        observer?()
    }

    func answered(isError: Bool) {
        if isError { counts.failed += 1 }
    }

    private func change(_ user: UInt32, _ body: (inout UserCounts) -> Void) {
        var value = users[user] ?? UserCounts()
        body(&value)
        users[user] = value.connections > 0 || value.requests > 0 ? value : nil
    }
}

/// The server's counts since its start.
package struct ServerCounts: Equatable, Sendable {
    /// Connections that are open.
    package var open = 0
    /// Connections that were accepted.
    package var accepted = 0
    /// Connections that were over a limit.
    package var refused = 0
    /// Requests that wait for their answer.
    package var inFlight = 0
    /// Requests that came.
    package var requests = 0
    /// Requests that were answered with an error.
    package var failed = 0

    /// Nothing yet.
    package init() {}
}
