// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import GatehousePlatform

/// The engine's thread: everything that libcurl does happens here.
struct EngineLoop {
    private let mailbox: EngineMailbox
    private let multi: MultiHandle
    private let limits: TransferLimits
    private let pins = PinStore()
    private let sockets = SocketPorts()
    private var transfers: [UInt64: Transfer] = [:]
    private var byHandle: [UnsafeMutableRawPointer: UInt64] = [:]
    /// Connections that one caller alone uses.
    private var connections: [UInt64: OwnConnection] = [:]
    /// Those on which something goes on.
    private var busy: Set<UInt64> = []
    private var nextCheck: Instant
    private var isShutDown = false

    private init(_ mailbox: EngineMailbox, _ multi: MultiHandle, limits: TransferLimits) {
        self.mailbox = mailbox
        self.multi = multi
        self.limits = limits
        nextCheck = mailbox.time.now
    }

    /// Waits for the first message, makes the handle and runs until it is told to shut down; a handle that fails is
    /// replaced with the next request.
    static func run(_ mailbox: EngineMailbox, limits: TransferLimits, isFailing: () -> Bool) {
        while !mailbox.isShutDown {
            mailbox.waitForFirst()
            guard !mailbox.isShutDown else { break }
            do throws(TransferError) {
                let multi = try MultiHandle(limits)
                mailbox.attach(multi)
                var loop = EngineLoop(mailbox, multi, limits: limits)
                loop.run(isFailing)
                mailbox.detach()
            } catch {
                answer(mailbox.take(), error)
            }
        }
        answer(mailbox.close(), cancelled)
    }

    private static func answer(_ messages: [EngineMailbox.Message], _ error: TransferError) {
        for case .start(let call) in messages { call.finish(.failure(error)) }
    }

    /// Runs until it is told to shut down, or until the handle fails.
    private mutating func run(_ isFailing: () -> Bool) {
        while true {
            for message in mailbox.take() { handle(message) }
            // Where libcurl itself fails, for want of memory for example, what it holds is of no use any more.
            let hasFailed = isFailing() || !multi.perform()
            while let (handle, result) = multi.nextDone() { done(handle, result) }
            runConnections()
            checkTimes()
            guard !isShutDown, !hasFailed else { break }
            wait()
        }
        close()
    }

    private mutating func done(_ handle: UnsafeMutableRawPointer, _ result: CURLcode) {
        guard let id = byHandle[handle], let transfer = transfers[id] else { return }
        end(id, transfer.outcome(result, now: mailbox.time.now))
    }

    private func wait() {
        var sockets: [curl_waitfd] = []
        for id in busy { connections[id]?.appendSockets(to: &sockets) }
        multi.wait(milliseconds: transfers.isEmpty ? 60_000 : waitTime, &sockets)
        guard !sockets.isEmpty else { return }
        for id in busy { connections[id]?.take(sockets) }
    }

    private mutating func runConnections() {
        for id in busy {
            guard let connection = connections[id] else { continue }
            connection.run(now: mailbox.time.now)
            while let (handle, result) = connection.nextDone() { done(handle, result) }
        }
    }

    private mutating func handle(_ message: EngineMailbox.Message) {
        switch message {
        case .start(let call): start(call)
        case .cancel(let id): end(id, .failure(transfers[id]?.error(.cancelled) ?? Self.cancelled))
        case .resume(let id): resume(id)
        case .open(let id): connections[id] = try? OwnConnection(time: mailbox.time)
        case .close(let id): closeConnection(id)
        case .shutDown: isShutDown = true
        }
    }

    private mutating func start(_ call: TransferCall) {
        guard !call.isCancelled else { return call.finish(.failure(Self.cancelled)) }
        do throws(TransferError) {
            if transfers.isEmpty { nextCheck = mailbox.time.now + limits.checkInterval }
            let connection = try connection(of: call)
            let transfer = try Transfer(
                call,
                over: connection,
                limits: limits,
                pins: pins,
                sockets: sockets,
                now: mailbox.time.now
            )
            let isAdded = connection.map { $0.add(transfer.handle) } ?? multi.add(transfer.handle)
            guard isAdded else { throw TransferError(.outOfMemory, "memory is short") }
            if let number = call.connection { busy.insert(number) }
            transfers[call.id] = transfer
            nextCheck = min(nextCheck, transfer.deadline)
            byHandle[transfer.handle.pointer] = call.id
        } catch {
            call.finish(.failure(error))
        }
    }

    private func connection(of call: TransferCall) throws(TransferError) -> OwnConnection? {
        guard let id = call.connection else { return nil }
        guard let connection = connections[id] else {
            throw TransferError(.connectionGone, TransferError.sentence(for: .connectionGone))
        }
        return connection
    }

    /// What goes on on a connection ends with it.
    private mutating func closeConnection(_ id: UInt64) {
        for (transferID, transfer) in transfers where transfer.call.connection == id {
            end(transferID, .failure(transfer.error(.cancelled)))
        }
        connections[id] = nil
        busy.remove(id)
    }

    private mutating func resume(_ id: UInt64) {
        guard let transfer = transfers[id] else { return }
        let result = transfer.resume(now: mailbox.time.now)
        if result != CURLE_OK { end(id, transfer.outcome(result, now: mailbox.time.now)) }
    }

    /// Takes a transfer out and answers it; one that is not there any more was answered.
    private mutating func end(_ id: UInt64, _ outcome: TransferCall.Outcome) {
        guard let transfer = transfers.removeValue(forKey: id) else { return }
        byHandle[transfer.handle.pointer] = nil
        if let connection = transfer.connection {
            connection.remove(transfer.handle)
            if connection.isIdle, let number = transfer.call.connection { busy.remove(number) }
        } else {
            multi.remove(transfer.handle)
        }
        transfer.end()
        transfer.call.finish(outcome)
    }

    private mutating func checkTimes() {
        let now = mailbox.time.now
        guard now >= nextCheck else { return }
        nextCheck = now + limits.checkInterval
        let expired = transfers.compactMap { id, transfer in transfer.expired(now: now).map { (id, $0) } }
        for (id, error) in expired { end(id, .failure(error)) }
        if let deadline = transfers.values.map(\.deadline).min() { nextCheck = min(nextCheck, deadline) }
    }

    /// Until the next look at the times, in milliseconds.
    private var waitTime: Int32 {
        let now = mailbox.time.now
        let alarms = busy.compactMap { connections[$0]?.alarm }
        if let first = alarms.min(), first <= now { return 0 }
        let next = min(nextCheck, alarms.min() ?? nextCheck)
        return Int32(clamping: max((next - now).wholeMilliseconds + 1, 1))
    }

    /// Answers everyone; the multi handle goes with the last reference, after its last transfer.
    private mutating func close() {
        let code: TransferError.Code = isShutDown ? .cancelled : .unavailable
        for (id, transfer) in transfers { end(id, .failure(transfer.error(code))) }
        connections = [:]
    }

    private static let cancelled = TransferError(.cancelled, TransferError.sentence(for: .cancelled))
}
