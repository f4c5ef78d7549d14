// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// A piece of a file on its way from a reader thread to libcurl.
// Unchecked: it has one user at a time, the reader job that fills it or the engine's thread that empties it, and
// changes hands under the lock of its stream.
final class UploadBuffer: @unchecked Sendable {
    let memory: UnsafeMutableRawBufferPointer
    /// How many bytes of it are the file's.
    var count = 0
    /// How many of those libcurl has.
    var taken = 0

    init(capacity: Int) {
        memory = .allocate(byteCount: max(capacity, 1), alignment: 16)
    }

    deinit {
        memory.deallocate()
    }
}

/// The bound on all uploads' buffers together.
///
/// Each upload may have one buffer whatever the others do, so that none waits for another's slow server; only what it
/// reads ahead beyond that is taken from here, and done without when there is none. A few uploads may read far ahead; once
/// half of the memory is in use, each has at most four buffers.
package final class UploadMemory: Sendable {
    /// What the daemon uses: 48 MiB of reading ahead, enough for 64 uploads with four buffers each.
    package static let shared = UploadMemory(extraBuffers: 192)
    /// An upload that has so many keeps up with its server on a machine that has time for both.
    private static let enough = 4

    private let left: Locked<Int>
    /// What stays for uploads that have less than ``enough``.
    private let reserve: Int

    /// `extraBuffers` is a number of buffers of 256 KiB.
    package init(extraBuffers: Int) {
        left = Locked(max(extraBuffers, 0))
        reserve = max(extraBuffers, 0) / 2
    }

    /// Takes a buffer for an upload that has `count` of them.
    func takeExtra(beside count: Int) -> Bool {
        left.withLock { left in
            guard left > (count < Self.enough ? 0 : reserve) else { return false }
            left -= 1
            return true
        }
    }

    func giveBack(_ count: Int) {
        left.withLock { $0 += count }
    }
}
