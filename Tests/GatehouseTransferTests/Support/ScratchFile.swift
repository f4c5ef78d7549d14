// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

/// An unlinked file, and descriptors of it as a caller would pass them.
struct ScratchFile: ~Copyable {
    let descriptor: Descriptor

    init(_ bytes: [UInt8] = [], size: Int? = nil) throws {
        var path = Array("/tmp/gatehouse-file-XXXXXX".utf8CString)
        let number = mkstemp(&path)
        guard number >= 0 else { throw SystemError.current("mkstemp") }
        unlink(path)
        descriptor = Descriptor(owning: number)
        let count = pwrite(number, bytes, bytes.count, 0)
        if let size { ftruncate(number, size) }
        #expect(count == bytes.count)
    }

    func write(_ bytes: [UInt8], at offset: Int) {
        _ = pwrite(descriptor.number, bytes, bytes.count, offset)
    }

    func resize(_ size: Int) {
        ftruncate(descriptor.number, size)
    }

    /// A descriptor of its own, opened anew with these flags.
    func passed(_ readers: ReaderThreads, flags: Int32 = O_RDONLY) throws -> PassedFile {
        let number = open("/proc/self/fd/\(descriptor.number)", flags | O_CLOEXEC)
        guard number >= 0 else { throw SystemError.current("open") }
        return PassedFile(owning: number, user: getuid(), readers: readers)
    }

    func source(_ readers: ReaderThreads) async throws -> UploadSource {
        try await UploadSource.open(file: try passed(readers), user: getuid(), readers: readers)
    }
}

/// Whether the number is an open descriptor.
func isOpen(_ descriptor: Int32) -> Bool {
    fcntl(descriptor, F_GETFD) >= 0
}

extension ScratchFile {
    /// Returns when a change to a file gets another time than this file's last one: file systems have coarse clocks.
    func waitForLaterTime() throws {
        let since = changeTime
        let other = try ScratchFile()
        repeat { other.write([1], at: 0) } while other.changeTime == since
    }

    private var changeTime: [Int] {
        var status = stat()
        fstat(descriptor.number, &status)
        return [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
    }

    /// Which open file that number is right now, told apart by its access mode too; nil when it is closed.
    func identity(of number: Int32) -> String? {
        var status = stat()
        guard fstat(number, &status) == 0 else { return nil }
        return "\(status.st_dev) \(status.st_ino) \(fcntl(number, F_GETFL))"
    }
}
