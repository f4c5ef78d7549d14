// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import FakeDaemon
import GatehousePlatform
import Glibc

/// The socket on which a service manager hears of its services, with the descriptors that they store (sd_notify(3)).
final class ManagerSocket: Sendable {
    let path: String

    /// A descriptor that a service has stored.
    struct Stored: Sendable {
        let name: String
        let descriptor: SharedDescriptor

        /// The whole content of a stored file.
        var content: [UInt8] {
            var status = stat()
            guard fstat(descriptor.number, &status) == 0, status.st_size > 0 else { return [] }
            var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
            let count = pread(descriptor.number, &bytes, bytes.count, 0)
            return Array(bytes.prefix(max(0, count)))
        }
    }

    /// What was told since the last start of a service.
    struct Notices: Sendable {
        /// Every message, as it came.
        var messages: [String] = []

        var lines: [String] { messages.flatMap { $0.split(separator: "\n").map(String.init) } }
        var isReady: Bool { lines.contains("READY=1") }
    }

    private struct State {
        var notices = Notices()
        var stored: [Stored] = []
        var barriers = 0
    }

    private let state = Locked(State())
    private let storeMaximum: Int

    init(_ path: String, storeMaximum: Int) throws(SystemError) {
        self.path = path
        self.storeMaximum = storeMaximum
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .current("socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        unlink(path)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw .current("bind") }
        let descriptor = SharedDescriptor(owning: number)
        try Thread.start("manager") { [weak self] in
            // The thread must not keep what ends it.
            while Self.take(from: descriptor.number, { self?.received($0, $1) }), self != nil {}
        }
    }

    deinit {
        // The thread waits for a message that says that it is over.
        try? tell("END=1")
    }

    /// What was told since the last start.
    var notices: Notices { state.withLock { $0.notices } }

    /// What is stored, the oldest first.
    var stored: [Stored] { state.withLock { $0.stored } }

    /// Puts something into the store, or in the place of what has that name; with zeros behind it up to `size` bytes.
    func store(
        _ name: String,
        _ content: [UInt8],
        isSealed: Bool = true,
        size: Int = 0
    ) throws(SystemError) {
        let number = gatehouse_memory_file(name)
        guard number >= 0 else { throw SystemError(code: -number, call: "memfd_create") }
        let descriptor = SharedDescriptor(owning: number)
        guard write(number, content, content.count) == content.count else { throw .current("write") }
        guard size <= content.count || ftruncate(number, size) == 0 else { throw .current("ftruncate") }
        // Sealed as the daemon's own are: F_ADD_SEALS with SEAL, SHRINK, GROW and WRITE (fcntl(2)).
        if isSealed { _ = fcntl(number, 1033, 0xF) }
        state.withLock { state in
            state.stored.removeAll { $0.name == name }
            state.stored.append(Stored(name: name, descriptor: descriptor))
        }
    }

    /// Empties the store, as a manager does that keeps nothing.
    func dropStored() { state.withLock { $0.stored = [] } }

    /// Lets no message arrive any more, or again: its senders find no socket.
    func setReachable(_ isReachable: Bool) throws(SystemError) {
        let (from, to) = isReachable ? (path + "~", path) : (path, path + "~")
        guard rename(from, to) == 0 else { throw .current("rename") }
    }

    /// Forgets what was told.
    func forgetNotices() { state.withLock { $0.notices = Notices() } }

    /// Waits until what was told and stored is as wanted.
    func waitFor(within seconds: Int = 30, _ condition: (Notices) -> Bool) -> Bool {
        for _ in 0..<(seconds * 200) {
            if condition(notices) { return true }
            pause(milliseconds: 5)
        }
        return condition(notices)
    }

    /// Waits until everything that was sent up to now has been taken.
    func settle() {
        let before = state.withLock { $0.barriers }
        try? tell("SETTLE=1")
        _ = waitFor { _ in state.withLock { $0.barriers } > before }
    }

    // MARK: Messages

    private func tell(_ text: String) throws(SystemError) {
        let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .current("socket") }
        let sender = Descriptor(owning: number)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(sender.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        _ = Array(text.utf8).withUnsafeBytes { send(sender.number, $0.baseAddress, $0.count, 0) }
    }

    /// Waits for one message; false where the socket's owner has ended it.
    private static func take(from socket: Int32, _ received: (String, [SharedDescriptor]) -> Void) -> Bool {
        var entry = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, -1) > 0 else { return errno == EINTR }
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        var numbers = [Int32](repeating: -1, count: Int(GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS))
        var count: Int32 = 0
        var truncated: Int32 = 0
        let bytes = gatehouse_receive(socket, &buffer, buffer.count, &numbers, &count, &truncated)
        guard bytes >= 0 else { return bytes == -Int(EAGAIN) }
        let text = String(decoding: buffer.prefix(bytes), as: UTF8.self)
        received(text, numbers.prefix(Int(count)).map { SharedDescriptor(owning: $0) })
        return text != "END=1"
    }

    private func received(_ text: String, _ descriptors: [SharedDescriptor]) {
        var fields: [Substring: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            fields[parts[0]] = parts.count == 2 ? String(parts[1]) : ""
        }
        state.withLock { state in
            guard fields["SETTLE"] == nil else {
                state.barriers += 1
                return
            }
            // A barrier's descriptor is closed, which is all its sender waits for.
            guard fields["BARRIER"] == nil else { return }
            state.notices.messages.append(text)
            let name = fields["FDNAME"] ?? "stored"
            if fields["FDSTORE"] == "1" {
                for descriptor in descriptors where state.stored.count < storeMaximum {
                    state.stored.append(Stored(name: name, descriptor: descriptor))
                }
            } else if fields["FDSTOREREMOVE"] == "1" {
                state.stored.removeAll { $0.name == name }
            }
        }
    }
}

/// A descriptor with several owners, closed by the last.
final class SharedDescriptor: Sendable {
    let number: Int32

    init(owning number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }
}
