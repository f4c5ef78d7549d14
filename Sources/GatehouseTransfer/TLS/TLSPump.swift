// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// Passes bytes between a TLS connection and its user's socket, in both directions and bounded memory.
///
/// It ends when the user has closed its end, or when the server has ended and all that came from it is passed on.
struct TLSPump: ~Copyable {
    private let handle: EasyHandle
    private let server: Int32
    private let user: Int32
    private let sending = TransitBuffer()
    private let receiving = TransitBuffer()

    /// Whether an attempt is worth it; false after one that had to wait.
    private var ready = (fromServer: true, toServer: true, fromUser: true, toUser: true)
    private var serverHasEnded = false
    private var takesNothing = false
    private var userHasLeft = false

    init(_ handle: EasyHandle, socket: Int32, user: Int32) {
        self.handle = handle
        server = socket
        self.user = user
    }

    mutating func run(until: Instant, time: any TimeSource, _ control: TLSRelayControl) {
        while true {
            var hasMoved = receiveFromServer(control)
            if sendToUser(control) { hasMoved = true }
            if receiveFromUser() { hasMoved = true }
            if sendToServer(control) { hasMoved = true }
            if userHasLeft || (serverHasEnded && receiving.isEmpty) { return }
            let left = until - time.now
            guard left > .zero else { return }
            if hasMoved { continue }
            wait(milliseconds: Int32(clamping: left.wholeMilliseconds &+ 1))
        }
    }

    // MARK: From the server to the user

    private mutating func receiveFromServer(_ control: TLSRelayControl) -> Bool {
        guard receiving.isEmpty, ready.fromServer, !serverHasEnded else { return false }
        switch handle.receive(into: receiving.room) {
        case .moved(let count): receiving.filled(count)
        case .blocked:
            ready.fromServer = false
            return false
        // However it ended: what was spoken tells whether it was complete.
        case .ended, .failed: serverHasEnded = true
        }
        if hasUnsentBytes { control.noteEarlyWord() }
        return true
    }

    private var hasUnsentBytes: Bool {
        var byte: UInt8 = 0
        return !sending.isEmpty || recv(user, &byte, 1, Int32(MSG_PEEK)) > 0
    }

    private mutating func sendToUser(_ control: TLSRelayControl) -> Bool {
        guard !receiving.isEmpty, ready.toUser else { return false }
        if hasUnsentBytes { control.noteEarlyWord() }
        do throws(SystemError) {
            receiving.taken(try StreamSocket.send(user, receiving.pending))
            return true
        } catch {
            if error.code == SystemError.wouldBlock { ready.toUser = false } else { userHasLeft = true }
            return false
        }
    }

    // MARK: From the user to the server

    private mutating func receiveFromUser() -> Bool {
        guard sending.isEmpty, ready.fromUser, !takesNothing else { return false }
        do throws(SystemError) {
            let count = try StreamSocket.receive(user, into: sending.room)
            sending.filled(count)
            if count == 0 { userHasLeft = true }
            return count > 0
        } catch {
            if error.code == SystemError.wouldBlock { ready.fromUser = false } else { userHasLeft = true }
            return false
        }
    }

    private mutating func sendToServer(_ control: TLSRelayControl) -> Bool {
        guard !sending.isEmpty, ready.toServer else { return false }
        switch handle.send(sending.pending) {
        case .moved(let count):
            sending.taken(count)
            return count > 0
        case .blocked:
            ready.toServer = false
            return false
        case .ended, .failed:
            // It may have said why before it stopped reading. The user learns that nobody takes more.
            control.noteEarlyWord()
            takesNothing = true
            sending.taken(sending.pending.count)
            _ = shutdown(user, Int32(SHUT_RD))
            return true
        }
    }

    // MARK: Waiting

    private mutating func wait(milliseconds: Int32) {
        var fromServer: Int16 = 0
        if receiving.isEmpty, !serverHasEnded { fromServer |= Int16(POLLIN) }
        if !sending.isEmpty { fromServer |= Int16(POLLOUT) }
        var fromUser: Int16 = 0
        if sending.isEmpty, !takesNothing { fromUser |= Int16(POLLIN) }
        if !receiving.isEmpty { fromUser |= Int16(POLLOUT) }
        // A server that has hung up would end every wait, whether or not anything is wanted of it.
        var entries = [
            pollfd(fd: fromServer == 0 ? -1 : server, events: fromServer, revents: 0),
            pollfd(fd: user, events: fromUser, revents: 0),
        ]
        guard poll(&entries, 2, milliseconds) > 0 else { return }
        // TLS may have to read in order to write.
        if entries[0].revents != 0 { (ready.fromServer, ready.toServer) = (true, true) }
        if entries[1].revents != 0 { (ready.fromUser, ready.toUser) = (true, true) }
        // Whoever has closed its end wants nothing any more.
        if entries[1].revents & Int16(POLLHUP | POLLERR | POLLNVAL) != 0 { userHasLeft = true }
    }
}

/// Bytes on their way, at an address that does not change while they wait.
private final class TransitBuffer {
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 1)
    private var start = 0
    private var end = 0

    deinit {
        memory.deallocate()
    }

    var isEmpty: Bool { start == end }

    /// All of the memory, to be used while it is empty.
    var room: UnsafeMutableRawBufferPointer { memory }

    var pending: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[start..<end]) }

    func filled(_ count: Int) {
        (start, end) = (0, min(max(count, 0), memory.count))
    }

    func taken(_ count: Int) {
        start = min(start + max(count, 0), end)
    }
}
