// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire

/// What a session knows of its calls: pure bookkeeping, under the session's lock.
///
/// Whoever is to be told something is returned as ``Delivery`` and told outside of the lock.
struct CallTable {
    typealias Outcome = Result<JSONValue, ClientError>
    typealias Waiter = @Sendable (Outcome) -> Void

    /// What to tell whom.
    struct Delivery {
        let waiter: Waiter
        let outcome: Outcome

        func deliver() { waiter(outcome) }
    }

    /// Bytes that wait for the writer.
    struct Outgoing {
        /// The request's id; nil for a cancellation.
        let id: Int?
        let bytes: [UInt8]
        /// The caller's own, open for as long as its call waits.
        let descriptors: [Int32]
    }

    private enum Call {
        /// The id is taken, nothing is queued.
        case reserved
        /// Cancelled before anything was queued.
        case cancelledEarly
        /// Queued.
        case queued(Waiter)
        /// Given to the kernel, in part at least.
        case sent(Waiter)
        /// Asked to stop; the answer is still due until then.
        case cancelling(Waiter, until: Instant)
        /// Nobody waits any more; the answer is dropped when it comes.
        case abandoned
    }

    /// How long a cancelled call waits for its one answer.
    static let grace = Duration.seconds(2)

    /// How many requests the daemon has of one connection at once, where nothing else is configured.
    static let standardMost = 64

    private let most: Int
    private var calls: [Int: Call] = [:]
    /// Requests in their order, from ``head`` on.
    private var requests: [Outgoing] = []
    private var head = 0
    /// They do not wait for a place at the daemon: they make one.
    private var cancellations: [Outgoing] = []
    /// How many requests the daemon has not answered, those among them for which nobody waits.
    private var unanswered = 0
    private var nextID = 1
    /// Why there is no connection any more.
    private(set) var end: ClientError?

    /// Starts without a call; `most` requests are sent before one of them is answered.
    init(most: Int = standardMost) {
        self.most = max(most, 1)
    }

    /// Takes an id for a new call.
    mutating func reserve() -> Int {
        defer { nextID += 1 }
        calls[nextID] = .reserved
        return nextID
    }

    /// Queues a call.
    ///
    /// The waiter is told exactly once.
    mutating func submit(_ message: Outgoing, id: Int, _ waiter: @escaping Waiter) -> Delivery? {
        if let end {
            calls[id] = nil
            return Delivery(waiter: waiter, outcome: .failure(end))
        }
        if case .cancelledEarly? = calls[id] {
            calls[id] = nil
            return Delivery(waiter: waiter, outcome: .failure(.cancelled))
        }
        calls[id] = .queued(waiter)
        requests.append(message)
        return nil
    }

    /// Cancels a call: quietly while it is queued, by a notification to the daemon from then on.
    mutating func cancel(_ id: Int, now: Instant) -> Delivery? {
        switch calls[id] {
        case .reserved: calls[id] = .cancelledEarly
        case .queued(let waiter):
            dropSent()
            requests.removeAll { $0.id == id }
            calls[id] = nil
            return Delivery(waiter: waiter, outcome: .failure(.cancelled))
        case .sent(let waiter):
            calls[id] = .cancelling(waiter, until: now + Self.grace)
            cancellations.append(Outgoing(id: nil, bytes: Request.cancellation(of: id), descriptors: []))
        case .cancelledEarly, .cancelling, .abandoned, nil: break
        }
        return nil
    }

    /// Takes the next message to send; a request waits while the daemon has as many as it takes.
    mutating func takeOutgoing() -> Outgoing? {
        guard cancellations.isEmpty else { return cancellations.removeFirst() }
        guard mayTakeRequest else { return nil }
        let message = requests[head]
        head += 1
        // Each is moved once for each that is sent, however many wait.
        if head > requests.count / 2 { dropSent() }
        if let id = message.id, case .queued(let waiter)? = calls[id] {
            calls[id] = .sent(waiter)
            unanswered += 1
        }
        return message
    }

    /// Whether a request waits that the daemon would take.
    var mayTakeRequest: Bool { head < requests.count && unanswered < most }

    private mutating func dropSent() {
        requests.removeFirst(head)
        head = 0
    }

    /// A request that was taken did not leave this process.
    mutating func fail(_ id: Int, _ error: ClientError) -> Delivery? {
        guard case .sent(let waiter)? = calls[id] else { return nil }
        calls[id] = nil
        unanswered -= 1
        return Delivery(waiter: waiter, outcome: .failure(error))
    }

    /// Takes an answer in; throws when nobody ever asked.
    mutating func answer(_ id: Int, _ outcome: Result<JSONValue, RemoteError>) throws(ClientError) -> Delivery? {
        switch calls[id] {
        case .sent(let waiter), .cancelling(let waiter, _):
            calls[id] = nil
            unanswered -= 1
            return Delivery(waiter: waiter, outcome: outcome.mapError { ClientError.remote($0.error) })
        case .abandoned:
            calls[id] = nil
            unanswered -= 1
            return nil
        case .reserved, .cancelledEarly, .queued, nil:
            throw .protocolViolation(reason: "a reply to an id that is not in flight")
        }
    }

    /// Gives up the cancelled calls whose answer is overdue.
    mutating func expire(now: Instant) -> [Delivery] {
        var deliveries: [Delivery] = []
        for case (let id, .cancelling(let waiter, let until)) in calls where until <= now {
            calls[id] = .abandoned
            deliveries.append(Delivery(waiter: waiter, outcome: .failure(.cancelled)))
        }
        return deliveries
    }

    /// When the next cancelled call is overdue.
    var nextExpiry: Instant? {
        var earliest: Instant?
        for case .cancelling(_, let until) in calls.values where until < earliest ?? until + .nanoseconds(1) {
            earliest = until
        }
        return earliest
    }

    /// Ends everything: the first reason stays.
    mutating func finish(_ error: ClientError) -> [Delivery] {
        guard end == nil else { return [] }
        end = error
        requests = []
        head = 0
        cancellations = []
        let ended = calls
        calls = [:]
        return ended.values.compactMap { call in
            switch call {
            case .queued(let waiter), .sent(let waiter), .cancelling(let waiter, _):
                Delivery(waiter: waiter, outcome: .failure(error))
            // A reserved id finds the end when it submits.
            case .reserved, .cancelledEarly, .abandoned: nil
            }
        }
    }
}
