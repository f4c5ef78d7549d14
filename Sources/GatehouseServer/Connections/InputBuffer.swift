// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import GatehousePlatform

/// The one buffer into which all connections of a loop read, one after the other.
// Unchecked because it is touched on the loop's thread alone.
final class InputBuffer: @unchecked Sendable {
    private let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 64 << 10)
    private let numbers = UnsafeMutablePointer<Int32>.allocate(capacity: Int(GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS))

    deinit {
        bytes.deallocate()
        numbers.deallocate()
    }

    /// What one read gave.
    enum Received {
        /// That many bytes at the front of the buffer, and the descriptors that came with them.
        case bytes(Int, files: [PassedFile], truncated: Bool)
        case end
        case nothing
        case failed
    }

    /// Reads once: little where many small requests may stand, so that one caller's flood costs the others no more
    /// than a moment a turn; more inside a large message.
    ///
    /// Without `takesFiles` the kernel drops descriptors that came, and says so.
    func receive(
        from socket: Int32,
        isBulk: Bool,
        user: UInt32,
        readers: ReaderThreads,
        takesFiles: Bool
    ) -> Received {
        var count: Int32 = 0
        var truncated: Int32 = 0
        let room = takesFiles ? numbers : nil
        let result = gatehouse_receive(socket, bytes, isBulk ? 64 << 10 : 16 << 10, room, &count, &truncated)
        // From here on each descriptor has an owner, which closes it on a reader thread.
        let files = (0..<Int(count)).map { PassedFile(owning: numbers[$0], user: user, readers: readers) }
        if result > 0 { return .bytes(result, files: files, truncated: truncated != 0) }
        if result == 0 { return .end }
        return result == -Int(SystemError.wouldBlock) ? .nothing : .failed
    }

    /// The bytes of the last read.
    ///
    /// They are overwritten by the next one.
    func prefix(_ count: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: bytes, count: count)
    }
}
