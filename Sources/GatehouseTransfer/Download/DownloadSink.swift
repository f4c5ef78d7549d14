// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import Glibc

/// Where a download goes: a caller's file, written and hashed by reader threads from a bounded buffer.
///
/// It may be filled by several transfers, one after the other, each from where the last one ended. When the file is
/// slower than the network, the transfer pauses.
package final class DownloadSink: Sendable {
    /// The most bytes that wait to be written.
    static let bufferBytes = 1 << 20

    private struct State {
        var pending: [UInt8] = []
        /// Taken so far, in bytes.
        var count: Int64 = 0
        var total: Int64?
        var sha256: Sha256
        /// How often it began anew.
        var beginnings = 0
        var isWriting = false
        var isPaused = false
        var wake: (@Sendable () -> Void)?
        var failure: DownloadError?
        var mustTruncate = false
        /// Why what was written could not be taken back.
        var leftover: SystemError?
        var waiting: [UInt64: @Sendable () -> Void] = [:]
        var nextNumber: UInt64 = 0
    }

    private let writer: FileWriter
    private let user: uid_t
    private let readers: ReaderThreads
    private let progress: DownloadProgress?
    private let state: Locked<State>

    private init(
        _ writer: FileWriter,
        _ user: uid_t,
        _ readers: ReaderThreads,
        _ sha256: Sha256,
        _ progress: DownloadProgress?
    ) {
        self.writer = writer
        self.progress = progress
        self.user = user
        self.readers = readers
        state = Locked(State(sha256: sha256))
    }

    /// A caller's file, if it is an empty regular file that is open for writing.
    package static func open(
        _ writer: FileWriter,
        user: uid_t,
        readers: ReaderThreads,
        progress: DownloadProgress? = nil
    ) async throws(DownloadError) -> DownloadSink {
        let failure: DownloadError?
        do {
            failure = try await readers.run(user: user, writer.check)
        } catch {
            throw .cancelled
        }
        if let failure { throw failure }
        guard let sha256 = Sha256() else { throw .outOfMemory }
        return DownloadSink(writer, user, readers, sha256, progress)
    }

    /// How many bytes it has taken.
    package var count: Int64 { state.withLock { $0.count } }

    /// How many bytes it will have taken at last, once that is known.
    package var total: Int64? { state.withLock { $0.total } }

    /// How often a reply began with the first byte again.
    package var beginnings: Int { state.withLock { $0.beginnings } }

    /// The next bytes are the first ones again: what was written is taken back, and hashed no more.
    package func beginAnew() {
        let mustStart = state.withLock { state in
            state.pending = []
            state.count = 0
            state.total = nil
            state.beginnings += 1
            state.mustTruncate = true
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { submit() }
        progress?.begin()
    }

    /// Says how many bytes there will be altogether; nil leaves what was said before.
    package func expect(total: Int64?) {
        guard let total else { return }
        state.withLock { $0.total = total }
    }

    /// Why the file could not be written, if it could not.
    package var failure: DownloadError? { state.withLock { $0.failure } }

    /// Adds bytes that did not come by a transfer, and waits until they are written.
    package func write(_ bytes: [UInt8]) async throws(DownloadError) {
        let mustStart = state.withLock { state in
            state.pending += bytes
            state.count += Int64(bytes.count)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { submit() }
        progress?.taken(bytes.count, total: total)
        try await settle()
        if let failure { throw failure }
    }

    /// Waits until everything is written; its size and SHA-256.
    ///
    /// Nothing may be added after it.
    package func finish() async throws(DownloadError) -> UploadDigest {
        try await settle()
        if let failure { throw failure }
        guard let digest = state.withLock({ $0.sha256 }).end() else { throw .outOfMemory }
        progress?.end()
        return UploadDigest(size: count, sha256: digest)
    }

    /// Why the file could not be emptied after ``abandon()``, if it could not.
    package var leftover: SystemError? { state.withLock { $0.leftover } }

    /// Gives up: what was written is taken back, in the background.
    ///
    /// ``settled()`` and ``whenSettled(_:)`` tell when it is.
    package func abandon() {
        let mustStart = state.withLock { state in
            state.failure = state.failure ?? .cancelled
            state.mustTruncate = true
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { submit() }
    }

    // MARK: For the engine's thread

    /// A transfer begins; `wake` is called from a reader thread when there is room again.
    func begin(wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wake = wake }
    }

    enum Taken {
        case taken
        case pause
        case failed
    }

    /// Takes the next bytes, or none of them.
    func take(_ bytes: UnsafeRawBufferPointer) -> Taken {
        let (taken, mustStart) = state.withLock { state -> (Taken, Bool) in
            guard state.failure == nil else { return (.failed, false) }
            guard state.pending.isEmpty || state.pending.count + bytes.count <= Self.bufferBytes else {
                state.isPaused = true
                return (.pause, false)
            }
            state.pending.append(contentsOf: bytes)
            state.count += Int64(bytes.count)
            defer { state.isWriting = true }
            return (.taken, !state.isWriting)
        }
        if mustStart { submit() }
        if case .taken = taken { progress?.taken(bytes.count, total: total) }
        return taken
    }

    /// The transfer ended; nothing wakes the engine any more.
    func end() {
        state.withLock { state in
            state.wake = nil
            state.isPaused = false
        }
    }

    // MARK: Writing

    private func submit() {
        readers.submit(user: user) { self.writePending() }
    }

    private enum Job {
        case write([UInt8], at: Int64)
        case truncate
        case end([@Sendable () -> Void])
    }

    /// On a reader thread.
    private func writePending() {
        while true {
            switch next() {
            case .write(let bytes, let offset):
                let failure = bytes.withUnsafeBytes { bytes -> DownloadError? in
                    if let error = writer.write(bytes, offset) { return .writeFailed(error) }
                    return state.withLock({ $0.sha256 }).add(bytes) ? nil : .outOfMemory
                }
                if let failure { state.withLock { $0.failure = $0.failure ?? failure } }
            case .truncate: truncate()
            case .end(let waiting):
                for tell in waiting { tell() }
                return
            }
        }
    }

    private func truncate() {
        let error = writer.truncate()
        let sha256 = Sha256()
        state.withLock { state in
            state.leftover = error
            let failure: DownloadError? = sha256 == nil ? .outOfMemory : error.map { .writeFailed($0) }
            state.failure = state.failure ?? failure
            state.sha256 = sha256 ?? state.sha256
        }
    }

    private func next() -> Job {
        let (job, wake) = state.withLock { state -> (Job, (@Sendable () -> Void)?) in
            // What is pending came after it.
            if state.mustTruncate {
                state.mustTruncate = false
                return (.truncate, nil)
            }
            let wake = state.isPaused ? state.wake : nil
            state.isPaused = false
            let bytes = state.pending
            state.pending = []
            if !bytes.isEmpty, state.failure == nil {
                return (.write(bytes, at: state.count - Int64(bytes.count)), wake)
            }
            state.isWriting = false
            defer { state.waiting = [:] }
            return (.end(Array(state.waiting.values)), wake)
        }
        wake?()
        return job
    }

    // MARK: Waiting

    /// Waits until nothing is left to write, or the task is cancelled: a file may hang for ever.
    private func settle() async throws(DownloadError) {
        await settled()
        guard !Task.isCancelled else { throw .cancelled }
    }

    /// Waits until nothing is left to write or to take back, or the task is cancelled.
    package func settled() async {
        let number = takeNumber()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDone = state.withLock { state in
                    guard state.isWriting, !Task.isCancelled else { return true }
                    state.waiting[number] = { continuation.resume() }
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let tell = state.withLock { $0.waiting.removeValue(forKey: number) }
            tell?()
        }
    }

    /// Calls `tell` once when nothing is left to write or to take back: at once, or from a reader thread.
    package func whenSettled(_ tell: @escaping @Sendable () -> Void) {
        let number = takeNumber()
        let isDone = state.withLock { state in
            guard state.isWriting else { return true }
            state.waiting[number] = tell
            return false
        }
        if isDone { tell() }
    }

    private func takeNumber() -> UInt64 {
        state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
    }
}
