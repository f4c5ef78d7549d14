// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import Glibc

/// A caller's file, read in pieces that go into requests of their own.
///
/// Reader threads read and hash. A file that is not at the end what it was at the beginning is an error.
package final class FilePieces: Sendable {
    private struct State {
        var position: Int64 = 0
    }

    private let access: FileAccess
    private let user: uid_t
    private let readers: ReaderThreads
    private let status: FileStatus
    private let sha256: Sha256
    private let state = Locked(State())

    private init(_ access: FileAccess, _ user: uid_t, _ readers: ReaderThreads, _ status: FileStatus, _ sha256: Sha256)
    {
        self.access = access
        self.user = user
        self.readers = readers
        self.status = status
        self.sha256 = sha256
    }

    /// A caller's file, if it is a regular file open for reading.
    package static func open(
        _ access: FileAccess,
        user: uid_t,
        readers: ReaderThreads
    ) async throws(UploadSourceError) -> FilePieces {
        let status = try await run(user, readers, access.status).get()
        guard let sha256 = Sha256() else { throw .outOfMemory }
        return FilePieces(access, user, readers, status, sha256)
    }

    /// The size in bytes, as of ``open(_:user:readers:)``.
    package var size: Int64 { status.size }

    /// The next bytes, at most so many; none at the end.
    package func next(_ most: Int) async throws(UploadSourceError) -> [UInt8] {
        let position = state.withLock { $0.position }
        let count = Int(clamping: min(Int64(most), size - position))
        guard count > 0 else { return [] }
        let access = access
        let sha256 = sha256
        let bytes = try await Self.run(user, readers) { () -> Result<[UInt8], UploadSourceError> in
            var bytes = [UInt8](repeating: 0, count: count)
            return bytes.withUnsafeMutableBytes { buffer -> Result<Void, UploadSourceError> in
                switch access.read(buffer, position) {
                case .failure(let error): .failure(.readFailed(error))
                case .success(let read) where read < count: .failure(.changedDuringScan)
                case .success: sha256.add(UnsafeRawBufferPointer(buffer)) ? .success(()) : .failure(.outOfMemory)
                }
            }.map { bytes }
        }.get()
        state.withLock { $0.position += Int64(count) }
        return bytes
    }

    /// What was read: all of it, of a file that is still the same.
    package func finish() async throws(UploadSourceError) -> UploadDigest {
        guard state.withLock({ $0.position }) == size else { throw .notSentWhole }
        guard try await Self.run(user, readers, access.status).get() == status else { throw .changedDuringScan }
        guard let digest = sha256.end() else { throw .outOfMemory }
        return UploadDigest(size: size, sha256: digest)
    }

    private static func run<Value: Sendable>(
        _ user: uid_t,
        _ readers: ReaderThreads,
        _ job: @escaping @Sendable () -> Value
    ) async throws(UploadSourceError) -> Value {
        do {
            return try await readers.run(user: user, job)
        } catch {
            throw .cancelled
        }
    }
}
