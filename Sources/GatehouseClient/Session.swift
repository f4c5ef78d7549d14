// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import GatehousePlatform
import GatehouseWire
import Glibc

/// One connection with its two threads: one that only receives, one that only sends.
///
/// Both hold this object; it goes, and the socket with it, when ``close(_:)`` has ended both.
final class Session: Sendable {
    private let socket: Socket
    private let table: Locked<CallTable>
    private let time: any TimeSource
    /// An eventfd that wakes the sending thread.
    private let wakeup: Descriptor

    private init(_ socket: Socket, wakeup: consuming Descriptor, requestsAtOnce: Int, time: any TimeSource) {
        self.socket = socket
        table = Locked(CallTable(most: requestsAtOnce))
        self.wakeup = wakeup
        self.time = time
    }

    /// Connects on a thread that goes on as the receiving one.
    static func start(
        _ path: SocketPath,
        requestsAtOnce: Int,
        time: any TimeSource,
        _ done: @escaping @Sendable (Result<Session, ClientError>) -> Void
    ) {
        do throws(SystemError) {
            try Thread.start("gatehouse-recv") {
                let result = Result { () throws(ClientError) in try connect(path, requestsAtOnce, time) }
                done(result)
                guard case .success(let session) = result else { return }
                session.receiveUntilTheEnd()
            }
        } catch {
            done(.failure(.cannotSend(reason: error.description)))
        }
    }

    private static func connect(
        _ path: SocketPath,
        _ requestsAtOnce: Int,
        _ time: any TimeSource
    ) throws(ClientError) -> Session {
        let socket = try Socket.connect(to: path)
        let number = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        guard number >= 0 else { throw .cannotSend(reason: SystemError.current("eventfd").description) }
        let wakeup = Descriptor(owning: number)
        let session = Session(socket, wakeup: wakeup, requestsAtOnce: requestsAtOnce, time: time)
        do throws(SystemError) {
            try Thread.start("gatehouse-send") { session.sendUntilTheEnd() }
        } catch {
            throw .cannotSend(reason: error.description)
        }
        return session
    }

    // MARK: Callers

    /// Sends a request and waits for its answer; cancelling the task cancels the request.
    func call(_ method: String, _ parameters: JSONValue, _ descriptors: [Int32]) async -> CallTable.Outcome {
        do throws(ClientError) {
            try PassedDescriptors.check(count: descriptors.count)
        } catch {
            return .failure(error)
        }
        let id = table.withLock { $0.reserve() }
        let message = CallTable.Outgoing(
            id: id,
            bytes: Request.bytes(id: id, method: method, parameters: parameters),
            descriptors: descriptors
        )
        return await withTaskCancellationHandler {
            await handover { done in
                let delivery = table.withLock { $0.submit(message, id: id, done) }
                delivery?.deliver()
                wake()
            }
        } onCancel: {
            let delivery = table.withLock { $0.cancel(id, now: time.now) }
            delivery?.deliver()
            wake()
        }
    }

    /// Ends the connection; every waiting call gets the reason.
    func close(_ reason: ClientError) {
        let deliveries = table.withLock { $0.finish(reason) }
        socket.shutdown()
        wake()
        for delivery in deliveries { delivery.deliver() }
    }

    private func wake() {
        var one: UInt64 = 1
        // It fails only where the counter is full: then the thread is being woken already.
        _ = write(wakeup.number, &one, MemoryLayout<UInt64>.size)
    }

    // MARK: The sending thread

    private func sendUntilTheEnd() {
        while waitForWork() {
            while let (message, copies) = takeMessage() {
                do throws(SystemError) {
                    try socket.send(message.bytes, descriptors: copies?.numbers ?? [])
                } catch {
                    // The receiving thread reads the last word of a daemon that closed, and then the end.
                    if ConnectionEnd.isByPeer(error) { return }
                    close(ConnectionEnd.sending(error))
                }
            }
        }
    }

    /// The next message with copies of its descriptors, made before its caller can have heard of anything.
    private func takeMessage() -> (CallTable.Outgoing, PassedDescriptors?)? {
        while true {
            let (message, copies, failed) = table.withLock { table in
                guard let message = table.takeOutgoing() else { return noMessage }
                guard let id = message.id, !message.descriptors.isEmpty else { return (message, nil, nil) }
                do throws(ClientError) {
                    return (message, try PassedDescriptors.copies(of: message.descriptors), nil)
                } catch {
                    return (message, nil, table.fail(id, error))
                }
            }
            guard let message else { return nil }
            guard let failed else { return (message, copies) }
            failed.deliver()
        }
    }

    private var noMessage: (CallTable.Outgoing?, PassedDescriptors?, CallTable.Delivery?) { (nil, nil, nil) }

    /// Waits until there may be something to send; false at the end.
    private func waitForWork() -> Bool {
        let (ended, expiry) = table.withLock { ($0.end != nil, $0.nextExpiry) }
        if ended { return false }
        var entry = pollfd(fd: wakeup.number, events: Int16(POLLIN), revents: 0)
        // One millisecond more than is left, so that the next look finds the call overdue.
        let timeout = expiry.map { Int32(clamping: max(0, ($0 - time.now).wholeMilliseconds) + 1) } ?? -1
        _ = poll(&entry, 1, timeout)
        var count: UInt64 = 0
        _ = read(wakeup.number, &count, MemoryLayout<UInt64>.size)
        for delivery in table.withLock({ $0.expire(now: time.now) }) { delivery.deliver() }
        return true
    }

    // MARK: The receiving thread

    private func receiveUntilTheEnd() {
        var buffer = ReplyBuffer()
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
        defer { chunk.deallocate() }
        do throws(ClientError) {
            while true {
                let count = try receive(into: chunk)
                guard count > 0 else { throw ConnectionEnd.end(insideAReply: buffer.holdsPartOfAReply) }
                buffer.append(UnsafeRawBufferPointer(rebasing: chunk.prefix(count)))
                while let reply = try buffer.next() { try take(reply) }
            }
        } catch {
            close(error)
        }
    }

    private func receive(into chunk: UnsafeMutableRawBufferPointer) throws(ClientError) -> Int {
        do throws(SystemError) {
            return try socket.receive(into: chunk)
        } catch {
            throw .connectionLost(reason: error.reason)
        }
    }

    private func take(_ reply: Reply) throws(ClientError) {
        switch reply {
        case .notification: break
        case .fault(let error): throw .remote(error.error)
        case .answer(let id, let outcome):
            let (delivery, isAwaited) = try table.withLock { (table) throws(ClientError) in
                (try table.answer(id, outcome), table.mayTakeRequest)
            }
            delivery?.deliver()
            if isAwaited { wake() }
        }
    }
}
