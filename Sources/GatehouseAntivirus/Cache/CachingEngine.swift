// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import GatehouseTransfer
import Glibc

/// An engine that is not asked twice about the same bytes.
///
/// A file is hashed before it is sent, to look for its verdict; what is kept is filed under the hash of the bytes that were
/// sent. So a file that is swapped between the two readings gets the verdict of what was sent, and leaves none behind for
/// what was not. Of files that the engine reads itself nobody knows the bytes: nothing of them is kept.
package final class CachingEngine: WrappingEngine {
    /// Uploads of one user's of bytes that hash alike.
    ///
    /// Nobody waits for another user's: a file that hangs must hold up its owner alone.
    private struct Upload: Hashable {
        let key: VerdictCache.Key
        let user: uid_t
    }

    private struct State {
        var cache: VerdictCache
        var waiting: [Upload: [UInt64: CheckedContinuation<Bool, Never>]] = [:]
        var nextNumber: UInt64 = 0
        /// The engine's ``ScanEngine/revision`` up to which the cache's verdicts count.
        var revision: UInt64 = 0
        /// An engine that reads a descriptor itself does not say what it read, so that hashing is of no use.
        var tellsBytes = true
    }

    package let engine: any ScanEngine
    private let time: any TimeSource
    private let state: Locked<State>

    /// Scans by another engine and keeps so many verdicts for so long.
    package init(_ engine: any ScanEngine, lifetime: Duration, capacity: Int, time: any TimeSource) {
        self.engine = engine
        self.time = time
        state = Locked(State(cache: VerdictCache(lifetime: lifetime, capacity: capacity)))
    }

    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        guard state.withLock({ $0.tellsBytes }), let digest = await subject.digest() else {
            return try await scanAndStore(subject)
        }
        let key = VerdictCache.Key(digest, fileName: subject.fileName)
        let upload = Upload(key: key, user: subject.user)
        while true {
            // Filed under what was sent: it is this caller's verdict only if that was the same.
            if let known = find(key) { return known }
            if begin(upload) { return try await scanForAll(subject, upload) }
            if await end(of: upload) { break }
        }
        if let known = find(key) { return known }
        return try await scanAndStore(subject)
    }

    /// Where this caller leaves before its verdict came, one of those who wait takes its place.
    private func scanForAll(_ subject: ScanSubject, _ upload: Upload) async throws(AntivirusError) -> ScanOutcome {
        do throws(AntivirusError) {
            let outcome = try await scanAndStore(subject)
            finish(upload, isOver: true)
            return outcome
        } catch {
            finish(upload, isOver: error.code != .cancelled)
            throw error
        }
    }

    private func find(_ key: VerdictCache.Key) -> ScanOutcome? {
        guard engine.standing?.state != .outOfService else { return nil }
        let revision = engine.revision
        return state.withLock { state in
            // An engine of which canaries have shown something new is asked again: it may fail open, or have done so.
            if state.revision != revision {
                state.revision = revision
                state.cache.clear()
            }
            return state.cache.find(key, now: time.now)
        }
    }

    private func scanAndStore(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        let revision = engine.revision
        let outcome = try await engine.scan(subject)
        let isSound = engine.revision == revision
        state.withLock { state in
            if outcome.digest == nil, outcome.judgement.verdict == .clean { state.tellsBytes = false }
            if isSound { state.cache.store(outcome, fileName: subject.fileName, now: time.now) }
        }
        return outcome
    }

    // MARK: One upload for many

    /// False where another one is on its way.
    private func begin(_ upload: Upload) -> Bool {
        state.withLock { state in
            guard state.waiting[upload] == nil else { return false }
            state.waiting[upload] = [:]
            return true
        }
    }

    private func finish(_ upload: Upload, isOver: Bool) {
        let waiting = state.withLock { $0.waiting.removeValue(forKey: upload) }
        for continuation in (waiting ?? [:]).values { continuation.resume(returning: isOver) }
    }

    /// Waits for another one's upload, or until the task is cancelled; false where that caller left before it was done.
    private func end(of upload: Upload) async -> Bool {
        let number = state.withLock { state in
            state.nextNumber &+= 1
            return state.nextNumber
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWaiting = state.withLock { state in
                    guard !Task.isCancelled, state.waiting[upload] != nil else { return false }
                    state.waiting[upload]?[number] = continuation
                    return true
                }
                // Where that caller has left meanwhile, its verdict is known, or somebody has to begin.
                if !isWaiting { continuation.resume(returning: Task.isCancelled) }
            }
        } onCancel: {
            state.withLock { $0.waiting[upload]?.removeValue(forKey: number) }?.resume(returning: true)
        }
    }
}

extension ScanSubject {
    /// What the bytes are now; nil where that is not known before they are sent, or cannot be read.
    ///
    /// Reader threads read and hash.
    fileprivate func digest() async -> UploadDigest? {
        switch content {
        case .chunks: return nil
        case .bytes(let bytes):
            return (try? await readers.run(user: user) { UploadDigest(of: bytes) }) ?? nil
        case .passed(let file):
            return try? await UploadDigest.read(FileAccess(file), user: user, readers: readers)
        }
    }
}
