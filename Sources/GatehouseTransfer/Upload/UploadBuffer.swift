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
/// reads ahead beyond that is taken from here, and done without when there is none. Beyond four buffers there is little for
/// all together: enough for one large upload, so that many of them take no more memory than four buffers each.
package final class UploadMemory: Sendable {
    /// What the daemon uses: 48 MiB of reading ahead, enough for 64 uploads with four buffers each.
    package static let shared = UploadMemory(extraBuffers: 192)
    /// An upload that has so many keeps up with its server on a machine that has time for both.
    private static let enough = 4

    private struct Left {
        var all: Int
        /// For uploads that have enough.
        var far: Int
    }

    private let left: Locked<Left>

    /// Both are numbers of buffers of 256 KiB; `farAhead` of all of them are for uploads that have four.
    package init(extraBuffers: Int, farAhead: Int = 12) {
        left = Locked(Left(all: max(extraBuffers, 0), far: max(farAhead, 0)))
    }

    /// Takes a buffer for an upload that has `count` of them.
    func takeExtra(beside count: Int) -> Bool {
        left.withLock { left in
            let isFar = count >= Self.enough
            guard left.all > 0, !isFar || left.far > 0 else { return false }
            left.all -= 1
            if isFar { left.far -= 1 }
            return true
        }
    }

    /// Gives back what one upload took, all of it at once.
    func giveBack(_ count: Int) {
        left.withLock { left in
            left.all += count
            left.far += max(count - (Self.enough - 1), 0)
        }
    }
}
