// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import CSystemd
import GatehousePlatform
import Glibc

/// systemd's store for descriptors of a service, which a restart leaves alone (sd_notify(3), FDSTORE=1).
enum DescriptorStore {
    private static let prefix = "gatehouse-state-"

    /// Whether there is one, with room for a new record beside the old.
    ///
    /// systemd says so by `$FDSTORE` from version 254 on (systemd.exec(5)); before, the unit does by `Environment=`.
    static var isOpen: Bool {
        guard getenv("NOTIFY_SOCKET") != nil, let text = getenv("FDSTORE").map({ String(cString: $0) }) else {
            return false
        }
        return Int(text).map { $0 >= 2 } ?? false
    }

    /// The name of a generation's record.
    static func name(_ generation: UInt64) -> String { prefix + String(generation) }

    /// The generation that a name says; nil where it is no record's name.
    ///
    /// There is always one after it: what counts up from one reaches none of the upper half, which is nobody's.
    static func generation(_ name: String) -> UInt64? {
        guard name.hasPrefix(prefix), let number = UInt64(name.dropFirst(prefix.count)), number <= UInt64(Int64.max)
        else {
            return nil
        }
        return number
    }

    /// Stores a record in a sealed file in memory.
    ///
    /// Blocks as long as systemd does not take messages. Throws what the kernel says, or what sd_pid_notify_with_fds(3)
    /// does; that systemd has no room for it is not known here.
    static func store(_ bytes: [UInt8], generation: UInt64) throws(SystemError) {
        let name = name(generation)
        let number = gatehouse_sealed_memory_file(name, bytes, bytes.count)
        guard number >= 0 else { throw SystemError(code: -number, call: "memfd_create") }
        let file = Descriptor(owning: number)
        var passed = file.number
        let result = sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=\(name)", &passed, 1)
        guard result > 0 else { throw SystemError(code: result < 0 ? -result : ENOTCONN, call: "sd_notify FDSTORE") }
    }

    /// Removes what has a name.
    ///
    /// Blocks and throws as ``store(_:generation:)`` does.
    static func remove(_ name: String) throws(SystemError) {
        let result = sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=\(name)")
        guard result > 0 else {
            throw SystemError(code: result < 0 ? -result : ENOTCONN, call: "sd_notify FDSTOREREMOVE")
        }
    }

    /// Waits until systemd has taken everything that was sent up to now, two seconds at most.
    ///
    /// Blocks; a process that ends earlier may not be recognised as the sender.
    static func waitUntilTaken() {
        sd_notify_barrier(0, 2_000_000)
    }

    /// The content of a descriptor that was stored.
    static func content(_ number: Int32) throws(DroppedState) -> [UInt8] {
        switch gatehouse_is_sealed(number) {
        case 1: break
        // Files that are not in memory have no seals.
        default: throw .notSealed
        }
        var status = stat()
        guard fstat(number, &status) == 0 else { throw .unreadable(.current("fstat")) }
        guard status.st_size <= 64 << 20 else { throw .tooLarge }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var count = 0
        while count < bytes.count {
            let got = bytes[count...].withUnsafeMutableBytes { pread(number, $0.baseAddress, $0.count, Int(count)) }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw .unreadable(.current("pread")) }
            guard got > 0 else { throw .cutShort }
            count += got
        }
        return bytes
    }
}
