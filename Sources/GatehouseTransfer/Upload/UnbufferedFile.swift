// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// A caller's file that was opened with O_DIRECT: it gives whole blocks into aligned memory, EINVAL otherwise (open(2)).
///
/// The flag belongs to the caller's open file and so stays as it is; to open the file anew takes a permission that only the
/// caller may have. So the blocks are read beside and copied.
struct UnbufferedFile {
    /// Linux has no larger blocks than pages for a file that it opens so.
    private static let blockBytes = 4096
    private static let blocks = 16

    let descriptor: Int32

    /// Reads at an offset, fewer bytes than asked for only at the end.
    func read(_ buffer: UnsafeMutableRawBufferPointer, _ offset: Int64) -> Result<Int, SystemError> {
        let block = Self.blockBytes
        return withUnsafeTemporaryAllocation(byteCount: Self.blocks * block, alignment: block) { blocks in
            var filled = 0
            while filled < buffer.count {
                let position = offset + Int64(filled)
                let before = Int(position % Int64(block))
                let count = pread(descriptor, blocks.baseAddress, blocks.count, off_t(position - Int64(before)))
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { return .failure(.current("pread")) }
                guard count > before else { break }
                let piece = UnsafeRawBufferPointer(rebasing: blocks[before..<count].prefix(buffer.count - filled))
                UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).copyMemory(from: piece)
                filled += piece.count
            }
            return .success(filled)
        }
    }
}
