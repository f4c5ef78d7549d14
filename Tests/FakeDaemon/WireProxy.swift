// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
package import GatehousePlatform
import Glibc

/// A socket in front of a daemon's, for programs whose messages nobody else sees: all that passes is observed.
///
/// Bytes and descriptors go on as they came, in both directions, and so does the end of either. The daemon sees the
/// process of the tests as its caller.
package final class WireProxy: Sendable {
    /// The proxy's own socket.
    package let path: String
    private let listener: ListeningSocket

    /// Stands in front of the daemon at a path.
    package init(at path: String, before daemon: String, wrong: WireObserver.OnPurpose = []) throws(SystemError) {
        self.path = path
        listener = try ListeningSocket(at: path)
        let (listener, test) = (listener, WireObserver.currentTest)
        try Thread.start("proxy-accept") {
            while let caller = listener.accept() {
                guard let upstream = try? UnixSocket.connect(to: daemon) else { continue }
                let pair = Pair(caller: caller, daemon: upstream, observer: WireObserver(wrong: wrong, test: test))
                try? Thread.start("proxy-sent") { pair.passRequests() }
                try? Thread.start("proxy-received") { pair.passReplies() }
            }
        }
    }

    deinit { listener.stop() }
}

/// Both connections of one caller; they close when both directions have ended.
private final class Pair: Sendable {
    private let caller: Descriptor
    private let daemon: Descriptor
    private let observer: WireObserver

    init(caller: consuming Descriptor, daemon: consuming Descriptor, observer: WireObserver) {
        self.caller = caller
        self.daemon = daemon
        self.observer = observer
    }

    func passRequests() { pass(from: caller.number, to: daemon.number) { observer.sent($0) } }

    func passReplies() { pass(from: daemon.number, to: caller.number) { observer.received($0) } }

    private func pass(from source: Int32, to target: Int32, _ observe: (ArraySlice<UInt8>) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var numbers = [Int32](repeating: -1, count: Int(GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS))
        while true {
            Self.wait(source, POLLIN)
            var count: Int32 = 0
            var truncated: Int32 = 0
            let size = gatehouse_receive(source, &buffer, buffer.count, &numbers, &count, &truncated)
            if size == -Int(EAGAIN) { continue }
            let passed = Array(numbers.prefix(Int(max(0, count))))
            defer { for number in passed { close(number) } }
            guard size > 0 else { break }
            observe(buffer[..<size])
            guard Self.send(buffer[..<size], passed, to: target) else { break }
        }
        _ = shutdown(target, Int32(SHUT_WR))
    }

    private static func send(_ bytes: ArraySlice<UInt8>, _ descriptors: [Int32], to target: Int32) -> Bool {
        var rest = bytes
        var descriptors = descriptors
        while !rest.isEmpty {
            let taken = rest.withUnsafeBytes { buffer in
                buffer.baseAddress.map {
                    gatehouse_send(target, $0, buffer.count, descriptors, Int32(descriptors.count))
                } ?? 0
            }
            if taken > 0 {
                rest = rest.dropFirst(taken)
                descriptors = []
            } else if taken == -Int(EAGAIN) {
                wait(target, POLLOUT)
            } else {
                return false
            }
        }
        return true
    }

    private static func wait(_ number: Int32, _ event: Int32) {
        var entry = pollfd(fd: number, events: Int16(event), revents: 0)
        _ = poll(&entry, 1, -1)
    }
}
