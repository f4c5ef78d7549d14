// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// A file in a folder of this host.
///
/// Whoever creates a name looks afterwards whether the file is to be gone, and whoever wants it gone says so before he
/// looks for it: so a job that hung for long leaves nothing behind either.
final class LocalDrop: Drop {
    private struct State {
        /// Open, for as long as this object lives; or -1.
        var folder: Int32 = -1
        /// The unfinished file while it is open, or -1.
        var part: Int32 = -1
        /// The file, whatever its name is, for as long as this object lives; or -1.
        var file: Int32 = -1
        /// What the file was when it got its name.
        var published = stat()
        var written: Int64 = 0
        var isGone = false
    }

    /// The engine reads the file as another user: what it needs is the folder's group, which a set-group-ID bit gives.
    private static let mode: mode_t = 0o640
    private static let pieceBytes = 256 << 10
    /// After so many a job ends, so that a cancelled one ends soon.
    private static let bytesPerJob = 16 << 20

    private let path: String
    private let name: DropName
    private let writers: ReaderThreads
    private let own: ReaderThreads
    private let state = Locked(State())

    init(folder path: String, name: DropName, writers: ReaderThreads, own: ReaderThreads) {
        self.path = path
        self.name = name
        self.writers = writers
        self.own = own
    }

    deinit {
        let open = state.withLock { [$0.part, $0.file, $0.folder] }.filter { $0 >= 0 }
        guard !open.isEmpty else { return }
        own.submit(user: ReaderThreads.ownJobs) {
            for number in open { _ = close(number) }
        }
    }

    // MARK: Writing

    func put(_ source: UploadSource, user: uid_t, until deadline: Instant) async throws(DropError) {
        try await run(user, on: writers) { $0.create() }
        let news = News()
        do {
            try source.begin { news.tell() }
        } catch {
            throw DropError(.source(error), error.description)
        }
        defer { source.end() }
        var isOver = false
        while !isOver {
            switch try await run(user, on: writers, { $0.write(source) }) {
            case .more: continue
            case .waits: guard await news.wait() else { throw DropError.cancelled }
            case .over: isOver = true
            }
        }
        try await run(user, on: writers) { $0.publish() }
    }

    private enum Step: Sendable {
        case more
        case waits
        case over
    }

    private func run<Value: Sendable>(
        _ user: uid_t,
        on threads: ReaderThreads,
        _ job: @escaping @Sendable (LocalDrop) -> Result<Value, DropError>
    ) async throws(DropError) -> Value {
        let result: Result<Value, DropError>
        do {
            result = try await threads.run(user: user) { job(self) }
        } catch {
            throw DropError.cancelled
        }
        return try result.get()
    }

    private func create() -> Result<Void, DropError> {
        let folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return .failure(DropError(.current("open"))) }
        state.withLock { $0.folder = folder }
        // A name that is there already is somebody else's doing, whatever it is: nothing is written through it.
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY
        let part = openat(folder, name.part, flags, Self.mode)
        guard part >= 0 else { return .failure(DropError(.current("openat"))) }
        let isGone = state.withLock { state in
            state.part = part
            return state.isGone
        }
        if isGone { unlinkat(folder, name.part, 0) }
        // The process's umask is not about this file.
        guard fchmod(part, Self.mode) == 0 else { return .failure(DropError(.current("fchmod"))) }
        return hold(part, in: folder)
    }

    /// Holds the file, so that its number is no other file's later, and does not open it: shares have it their own way
    /// when an open file gets another name.
    private func hold(_ part: Int32, in folder: Int32) -> Result<Void, DropError> {
        let file = openat(folder, name.part, pathOnly | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return .failure(DropError(.current("openat"))) }
        state.withLock { $0.file = file }
        var (held, written) = (stat(), stat())
        guard fstat(file, &held) == 0, fstat(part, &written) == 0 else { return .failure(DropError(.current("fstat"))) }
        guard Self.isSame(held, written) else {
            return .failure(DropError(.failed, "the folder for large files: somebody exchanged the file"))
        }
        return .success(())
    }

    private static func isSame(_ left: stat, _ right: stat) -> Bool {
        left.st_dev == right.st_dev && left.st_ino == right.st_ino
    }

    private func write(_ source: UploadSource) -> Result<Step, DropError> {
        let (part, start) = state.withLock { ($0.part, $0.written) }
        var written = start
        defer { state.withLock { [written] in $0.written = written } }
        return withUnsafeTemporaryAllocation(byteCount: Self.pieceBytes, alignment: 16) { buffer in
            while written - start < Self.bytesPerJob {
                switch source.take(into: buffer) {
                case .bytes(let count):
                    let piece = UnsafeRawBufferPointer(rebasing: buffer.prefix(count))
                    if let error = FileWriter.write(part, piece, written) { return .failure(DropError(error)) }
                    written += Int64(count)
                case .pause: return .success(.waits)
                case .end: return .success(.over)
                case .failed(let error): return .failure(DropError(.source(error), error.description))
                }
            }
            return .success(.more)
        }
    }

    /// On a share, the server has the bytes only then, and says only then that its disk is full.
    private func publish() -> Result<Void, DropError> {
        let (folder, part, file) = state.withLock { ($0.folder, $0.part, $0.file) }
        guard fsync(part) == 0 else { return .failure(DropError(.current("fsync"))) }
        state.withLock { $0.part = -1 }
        guard close(part) == 0 || errno == EINTR else { return .failure(DropError(.current("close"))) }
        guard renameat(folder, name.part, folder, name.text) == 0 else {
            return .failure(DropError(.current("rename")))
        }
        var status = stat()
        guard fstat(file, &status) == 0 else { return .failure(DropError(.current("fstat"))) }
        let isGone = state.withLock { [status] state in
            state.published = status
            return state.isGone
        }
        if isGone { unlinkat(folder, name.text, 0) }
        return .success(())
    }

    // MARK: Looking

    func isUntouched() async throws(DropError) -> Bool {
        // It is nobody's file that may hang, but the folder may.
        try await run(ReaderThreads.ownJobs, on: own) { $0.look() }
    }

    private func look() -> Result<Bool, DropError> {
        let (folder, file, published) = state.withLock { ($0.folder, $0.file, $0.published) }
        var (named, held) = (stat(), stat())
        guard fstatat(folder, name.text, &named, AT_SYMLINK_NOFOLLOW) == 0 else {
            return errno == ENOENT ? .success(false) : .failure(DropError(.current("stat")))
        }
        guard fstat(file, &held) == 0 else { return .failure(DropError(.current("fstat"))) }
        // A share's server may set the time of the last write once more when it gets around to it.
        let laterBy = named.st_mtim.tv_sec - published.st_mtim.tv_sec
        return .success(Self.isSame(named, held) && named.st_size == published.st_size && (-2...2).contains(laterBy))
    }

    // MARK: Removing

    func remove() async throws(DropError) {
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<DropError?, Never>) in
            own.submit(user: ReaderThreads.ownJobs) { continuation.resume(returning: self.removeNow()) }
        }
        if let failure { throw failure }
    }

    private func removeNow() -> DropError? {
        let folder = state.withLock { state in
            state.isGone = true
            return state.folder
        }
        // Nothing was created, or a job that hangs will see that it is not wanted.
        guard folder >= 0 else { return nil }
        for name in [name.part, name.text] where unlinkat(folder, name, 0) != 0 && errno != ENOENT {
            return DropError(.current("unlink"))
        }
        return nil
    }
}
