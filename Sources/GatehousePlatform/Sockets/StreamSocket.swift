// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// Our side of a stream connection, made and used without ever waiting.
package enum StreamSocket {
    /// What became of a connect(2) that does not wait.
    package enum Connecting: Equatable, Sendable {
        /// There is a connection.
        case connected
        /// It is on its way: the socket becomes writable, and ``failure(_:)`` tells how it went.
        case underWay
        /// A Unix socket's listener has no room for another one now.
        case full
    }

    /// A socket for an address, non-blocking and close-on-exec.
    ///
    /// Over TCP what is sent goes out at once: the last few bytes of a request would wait for the peer to acknowledge
    /// those before them, which it puts off for 40 ms (tcp(7), TCP_NODELAY and TCP_QUICKACK).
    package static func open(for address: StreamAddress) throws(SystemError) -> Descriptor {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = gatehouse_socket(address.family, type)
        guard number >= 0 else { throw SystemError.current("socket") }
        let socket = Descriptor(owning: number)
        if address.family != AF_UNIX {
            var isOn: Int32 = 1
            let size = socklen_t(MemoryLayout<Int32>.size)
            guard setsockopt(number, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, size) == 0 else {
                throw SystemError.current("setsockopt")
            }
        }
        return socket
    }

    /// Two ends of one connection, non-blocking and close-on-exec, by their numbers; the caller owns both.
    package static func pair() throws(SystemError) -> (Int32, Int32) {
        let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        var numbers: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, type, 0, &numbers) == 0 else { throw SystemError.current("socketpair") }
        return (numbers[0], numbers[1])
    }

    /// Begins to connect.
    package static func connect(_ socket: Int32, to address: StreamAddress) throws(SystemError) -> Connecting {
        let code = try address.withAddress { Glibc.connect(socket, $0, $1) == 0 ? 0 : errno }
        switch code {
        case 0: return .connected
        case EINPROGRESS, EINTR: return .underWay
        case EAGAIN: return .full
        default: throw SystemError(code: code, call: "connect")
        }
    }

    /// Why a connection that was under way failed; nil where it did not.
    package static func failure(_ socket: Int32) -> SystemError? {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(socket, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else { return .current("getsockopt") }
        return code == 0 ? nil : SystemError(code: code, call: "connect")
    }

    /// Sends what the socket takes now, and a descriptor with the first byte if there is one to pass; without SIGPIPE.
    ///
    /// Returns the number of bytes. Throws EAGAIN where there is no room, and EPIPE or ECONNRESET where nobody reads.
    package static func send(
        _ socket: Int32,
        _ bytes: UnsafeRawBufferPointer,
        passing file: PassedFile? = nil
    ) throws(SystemError) -> Int {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return 0 }
        let result =
            if let file {
                // The kernel takes a reference to the open file; that calls nothing of the file itself.
                gatehouse_send(socket, base, bytes.count, [file.number], 1)
            } else {
                gatehouse_send(socket, base, bytes.count, nil, 0)
            }
        guard result >= 0 else { throw SystemError(code: Int32(clamping: -result), call: "sendmsg") }
        return result
    }

    /// Takes what has come; 0 at the end of input.
    ///
    /// Throws EAGAIN where nothing has. Descriptors that come are dropped by the kernel.
    package static func receive(
        _ socket: Int32,
        into buffer: UnsafeMutableRawBufferPointer
    ) throws(SystemError) -> Int {
        var result: Int
        repeat { result = recv(socket, buffer.baseAddress, buffer.count, 0) } while result < 0 && errno == EINTR
        guard result >= 0 else { throw SystemError.current("recv") }
        return result
    }
}
