// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// The buffers of one upload and whose turn it is; without locks, threads or system calls.
struct FileStreamState {
    /// A buffer holds that many bytes at most.
    static let bufferBytes = 256 << 10
    /// So many are in use at once where memory allows: the reader and the engine's thread then wake each other rarely, which
    /// matters where there are not enough processors for both of them and the server.
    static let buffers = 16

    enum Phase {
        case fresh
        case reading
        case ended
    }

    /// What a reader job does next.
    struct Slot {
        let buffer: UploadBuffer
        let offset: Int64
        let count: Int
        let isLast: Bool
        let sha256: Sha256
    }

    /// What the engine finds.
    enum Front {
        case buffer(UploadBuffer)
        case nothing(UploadPart)

        var part: UploadPart {
            guard case .nothing(let part) = self else { return .pause }
            return part
        }
    }

    let size: Int64
    var phase = Phase.fresh
    var wake: (@Sendable () -> Void)?
    /// Whether a job runs or waits in its line.
    var isFilling = false
    var sha256: Sha256?
    private(set) var failure: UploadSourceError?
    /// Of the whole file, once all of it was read and found unchanged.
    private(set) var digest: String?
    /// How many bytes libcurl has.
    private(set) var taken: Int64 = 0

    private var read: Int64 = 0
    private var isRead = false
    private var isWaiting = false
    private var full: [UploadBuffer] = []
    private var spare: [UploadBuffer] = []
    /// Buffers that exist, a job's included.
    private var count = 0

    init(size: Int64) {
        self.size = size
    }

    // MARK: The reader's side

    /// The next piece to read, or nil when the job is to return.
    ///
    /// What an ended upload held goes back to `memory`.
    mutating func nextSlot(extraFrom memory: UploadMemory) -> Slot? {
        guard phase == .reading, failure == nil, !isRead, let sha256, let buffer = room(extraFrom: memory) else {
            isFilling = false
            if phase == .ended { memory.giveBack(dropBuffers()) }
            return nil
        }
        let rest = size - read
        let length = min(rest, Int64(Self.bufferBytes))
        return Slot(buffer: buffer, offset: read, count: Int(length), isLast: length == rest, sha256: sha256)
    }

    private mutating func room(extraFrom memory: UploadMemory) -> UploadBuffer? {
        if let buffer = spare.popLast() { return buffer }
        guard count == 0 || (count < Self.buffers && memory.takeExtra(beside: count)) else { return nil }
        count += 1
        return UploadBuffer(capacity: Int(min(Int64(Self.bufferBytes), size)))
    }

    /// Takes a slot back; returns whom to wake.
    mutating func filled(_ slot: Slot, failure: UploadSourceError?) -> (@Sendable () -> Void)? {
        guard phase == .reading else { return nil }
        if let failure {
            fail(failure)
            spare.append(slot.buffer)
        } else {
            slot.buffer.count = slot.count
            slot.buffer.taken = 0
            read += Int64(slot.count)
            isRead = slot.isLast
            if slot.count > 0 { full.append(slot.buffer) } else { spare.append(slot.buffer) }
            if isRead { endDigest() }
        }
        defer { isWaiting = false }
        return isWaiting ? wake : nil
    }

    private mutating func endDigest() {
        digest = sha256?.end()
        sha256 = nil
        if digest == nil { fail(.outOfMemory) }
    }

    private mutating func fail(_ error: UploadSourceError) {
        failure = error
        sha256 = nil
    }

    // MARK: The engine's side

    /// The buffer to copy from, which stays the engine's until ``took(_:of:)``.
    mutating func front() -> Front {
        guard phase == .reading else { return .nothing(.failed(.alreadyUsed)) }
        if let failure { return .nothing(.failed(failure)) }
        if let buffer = full.first { return .buffer(buffer) }
        if isRead { return .nothing(.end) }
        isWaiting = true
        return .nothing(.pause)
    }

    /// Notes what libcurl took; true when a job must be submitted.
    mutating func took(_ bytes: Int, of buffer: UploadBuffer) -> Bool {
        taken += Int64(bytes)
        guard buffer.taken == buffer.count, phase == .reading, !full.isEmpty else { return false }
        spare.append(full.removeFirst())
        // Half of the buffers at once, so that not every one of them costs a thread's waking.
        guard !isFilling, !isRead, failure == nil, full.count <= count / 2 else { return false }
        isFilling = true
        return true
    }

    /// Ends the upload; returns how many extra buffers to give back, now that nobody needs them.
    mutating func end() -> Int {
        guard phase != .ended else { return 0 }
        phase = .ended
        wake = nil
        isWaiting = false
        // A job that runs or waits frees the buffers when it comes to its end.
        return isFilling ? 0 : dropBuffers()
    }

    private mutating func dropBuffers() -> Int {
        defer { count = 0 }
        full = []
        spare = []
        return max(count - 1, 0)
    }
}
