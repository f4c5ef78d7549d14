// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// A file as an upload: reader jobs fill buffers in order, the engine's thread empties them.
///
/// A job fills while there is room and returns when there is none, so that no reader thread ever waits for a network.
final class FileStream: UploadStream {
    /// What the jobs work with.
    struct Work: Sendable {
        var access: FileAccess
        var user: uid_t
        var readers: ReaderThreads
        var memory: UploadMemory
    }

    private let work: Work
    /// As of when the file was opened; it has to stay so.
    private let status: FileStatus
    private let state: Locked<FileStreamState>

    init(_ work: Work, status: FileStatus) {
        self.work = work
        self.status = status
        state = Locked(FileStreamState(size: status.size))
    }

    deinit {
        end()
    }

    var size: Int64? { status.size }

    func again() -> any UploadStream { FileStream(work, status: status) }

    func begin(wake: @escaping @Sendable () -> Void) throws(UploadSourceError) {
        try state.withLock { state throws(UploadSourceError) in
            guard state.phase == .fresh else { throw .alreadyUsed }
            guard let sha256 = Sha256() else { throw .outOfMemory }
            state.phase = .reading
            state.sha256 = sha256
            state.wake = wake
            state.isFilling = true
        }
        submitFill()
    }

    func take(into target: UnsafeMutableRawBufferPointer) -> UploadPart {
        let front = state.withLock { $0.front() }
        guard case .buffer(let buffer) = front else { return front.part }
        let rest = UnsafeRawBufferPointer(rebasing: buffer.memory[buffer.taken..<buffer.count].prefix(target.count))
        target.copyMemory(from: rest)
        buffer.taken += rest.count
        let mustFill = state.withLock { $0.took(rest.count, of: buffer) }
        if mustFill { submitFill() }
        return .bytes(rest.count)
    }

    func end() {
        let extra = state.withLock { $0.end() }
        work.memory.giveBack(extra)
    }

    func finish() async throws(UploadSourceError) -> UploadDigest {
        let digest = try state.withLock { state throws(UploadSourceError) in
            if let failure = state.failure { throw failure }
            guard state.taken == status.size, let digest = state.digest else { throw .notSentWhole }
            return digest
        }
        let now: Result<FileStatus, UploadSourceError>
        do {
            now = try await work.readers.run(user: work.user, work.access.status)
        } catch {
            throw .cancelled
        }
        guard try now.get() == status else { throw .changedDuringScan }
        return UploadDigest(size: status.size, sha256: digest)
    }

    private func submitFill() {
        // The job alone keeps the file open while a read hangs, even when everybody else has gone.
        work.readers.submit(user: work.user) { self.fill() }
    }

    /// On a reader thread.
    private func fill() {
        while let slot = state.withLock({ $0.nextSlot(extraFrom: work.memory) }) {
            let failure = read(slot)
            let wake = state.withLock { $0.filled(slot, failure: failure) }
            wake?()
        }
    }

    /// Fills one buffer, or says why not; after the last byte it looks whether the file is still the same.
    private func read(_ slot: FileStreamState.Slot) -> UploadSourceError? {
        let target = UnsafeMutableRawBufferPointer(rebasing: slot.buffer.memory.prefix(slot.count))
        if slot.count > 0 {
            switch work.access.read(target, slot.offset) {
            case .failure(let error): return .readFailed(error)
            case .success(let count) where count < slot.count: return .changedDuringScan
            case .success: break
            }
            guard slot.sha256.add(UnsafeRawBufferPointer(target)) else { return .outOfMemory }
        }
        return slot.isLast ? checkEnd() : nil
    }

    /// Before the last bytes go out, so that a server never gets all of a file that changed.
    private func checkEnd() -> UploadSourceError? {
        // Files of /proc hold bytes and have a size of 0.
        let isLonger = withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { byte in
            work.access.read(byte, status.size)
        }
        switch isLonger {
        case .failure(let error): return .readFailed(error)
        case .success(1...): return .changedDuringScan
        case .success: break
        }
        switch work.access.status() {
        case .failure(let error): return error
        case .success(let now): return now == status ? nil : .changedDuringScan
        }
    }
}
