// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import GatehousePlatform
import Glibc

/// A connected socket with blocking calls; one thread may send while another one receives.
final class Socket: Sendable {
    /// How long connecting, or sending to a daemon that does not read, may take, in seconds.
    private static let patience = 30

    private let descriptor: Descriptor

    private init(_ descriptor: consuming Descriptor) {
        self.descriptor = descriptor
    }

    /// Connects; blocks while the listener's queue is full, for at most 30 seconds.
    static func connect(to path: SocketPath) throws(ClientError) -> Socket {
        var address = try path.address()
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .cannotSend(reason: SystemError.current("socket").description) }
        let socket = Socket(Descriptor(owning: number))
        socket.setTimeout(SO_SNDTIMEO, milliseconds: patience * 1000)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            throw .cannotReach(path: path.text, reason: Reachability.explain(errno, path))
        }
        return socket
    }

    /// Lets ``receive(into:)`` give up when nothing came for so long; 0 is for ever.
    func setReceiveTimeout(milliseconds: Int) {
        setTimeout(SO_RCVTIMEO, milliseconds: milliseconds)
    }

    private func setTimeout(_ option: Int32, milliseconds: Int) {
        var value = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
        // Cannot fail on a socket of our own; were it to, a call would wait for longer.
        _ = setsockopt(descriptor.number, SOL_SOCKET, option, &value, socklen_t(MemoryLayout<timeval>.size))
    }

    /// What ``waitForRoom(takingBytes:)`` found.
    enum Readiness {
        /// Sending does not wait, or fails at once.
        case room
        /// Bytes came.
        case bytes
        /// Nothing happened for 30 seconds.
        case nothing
    }

    /// Waits until a short message can be sent without waiting, or, where that is asked for, until bytes came.
    ///
    /// The kernel calls a Unix socket writable while at most a quarter of its buffer is taken (unix_writable).
    func waitForRoom(takingBytes: Bool) -> Readiness {
        let events = takingBytes ? POLLOUT | POLLIN : POLLOUT
        var entry = pollfd(fd: descriptor.number, events: Int16(events), revents: 0)
        while true {
            let count = poll(&entry, 1, Int32(Self.patience * 1000))
            if count < 0, errno == EINTR { continue }
            if count == 0 { return .nothing }
            return count > 0 && entry.revents & ~Int16(POLLIN) == 0 ? .bytes : .room
        }
    }

    /// Sends all bytes; the descriptors go with the first of them, in one sendmsg(2).
    func send(_ bytes: [UInt8], descriptors: [Int32]) throws(SystemError) {
        var sent = 0
        while sent < bytes.count {
            let taken = bytes.withUnsafeBufferPointer { buffer in
                let rest = UnsafeBufferPointer(rebasing: buffer[sent...])
                guard let base = rest.baseAddress else { return 0 }
                // Whatever the kernel took of the first call took the descriptors along.
                let passed = sent == 0 ? descriptors : []
                return gatehouse_send(descriptor.number, base, rest.count, passed, Int32(clamping: passed.count))
            }
            guard taken > 0 else { throw SystemError(code: Int32(clamping: -taken), call: "sendmsg") }
            sent += taken
        }
    }

    /// Waits for bytes, or takes those that came already, and returns how many there are; 0 is the end.
    func receive(into buffer: UnsafeMutableRawBufferPointer, isWaiting: Bool = true) throws(SystemError) -> Int {
        let flags = isWaiting ? 0 : Int32(MSG_DONTWAIT)
        while true {
            // Without room for control data the kernel closes whatever descriptors somebody sends along.
            let count = recv(descriptor.number, buffer.baseAddress, buffer.count, flags)
            if count >= 0 { return count }
            guard errno == EINTR else { throw SystemError.current("recv") }
        }
    }

    /// Ends both directions, so that a thread that waits in ``receive(into:)`` returns.
    func shutdown() {
        _ = Glibc.shutdown(descriptor.number, Int32(SHUT_RDWR))
    }
}
