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
/// reads ahead beyond that is taken from here, and done without when there is none.
package final class UploadMemory: Sendable {
    /// What the daemon uses: 48 MiB of reading ahead, enough for 64 uploads at full speed.
    package static let shared = UploadMemory(extraBuffers: 192)

    private let left: Locked<Int>

    /// `extraBuffers` is a number of buffers of 256 KiB.
    package init(extraBuffers: Int) {
        left = Locked(max(extraBuffers, 0))
    }

    func takeExtra() -> Bool {
        left.withLock { left in
            guard left > 0 else { return false }
            left -= 1
            return true
        }
    }

    func giveBack(_ count: Int) {
        left.withLock { $0 += count }
    }
}
