// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import Glibc

/// What one transfer uploads: a caller's file, streamed from bounded buffers that reader threads fill, chunks as they
/// arrive, or bytes.
///
/// It goes into one transfer; ``rewound()`` makes another of the same content.
package final class UploadSource: Sendable {
    private let stream: any UploadStream
    private let progress: UploadProgress?
    private let taken = Locked(false)

    private init(_ stream: any UploadStream, progress: UploadProgress? = nil) {
        self.stream = stream
        self.progress = progress
    }

    /// Bytes in memory.
    package convenience init(bytes: [UInt8]) {
        self.init(BytesStream(bytes))
    }

    /// Bytes that somebody else appends while they are sent.
    package convenience init(chunks: ChunkBuffer) {
        self.init(ChunkStream(chunks))
    }

    /// A caller's file, if it is a regular file open for reading.
    ///
    /// `user` is whose reader threads are used, `memory` what bounds the reading ahead of all uploads. It is read from
    /// offset 0, whatever its file offset, when the transfer begins.
    package static func open(
        file: PassedFile,
        user: uid_t,
        readers: ReaderThreads,
        memory: UploadMemory = .shared
    ) async throws(UploadSourceError) -> UploadSource {
        try await open(FileAccess(file), user: user, readers: readers, memory: memory)
    }

    /// The same for anything that acts like a file.
    package static func open(
        _ access: FileAccess,
        user: uid_t,
        readers: ReaderThreads,
        memory: UploadMemory = .shared
    ) async throws(UploadSourceError) -> UploadSource {
        let status: Result<FileStatus, UploadSourceError>
        do {
            status = try await readers.run(user: user, access.status)
        } catch {
            throw .cancelled
        }
        let work = FileStream.Work(access: access, user: user, readers: readers, memory: memory)
        return UploadSource(FileStream(work, status: try status.get()))
    }

    /// The same upload, which tells how far it is.
    package func reporting(to progress: UploadProgress?) -> UploadSource {
        UploadSource(stream, progress: progress)
    }

    /// The size in bytes, as of ``open(file:user:readers:memory:)``; nil while not all chunks have come.
    package var size: Int64? { stream.size }

    /// Whether ``rewound()`` still has the whole content: always but for long uploads in chunks, whose start is not kept.
    package var isRepeatable: Bool { stream.isRepeatable }

    /// Whether whoever sends it has had any byte of it.
    package var hasBeenTaken: Bool { taken.withLock { $0 } }

    /// The same content from its start, for another transfer.
    ///
    /// A file still has to be what it was when it was opened first, and ``isRepeatable`` has to hold.
    package func rewound() -> UploadSource {
        UploadSource(stream.again(), progress: progress)
    }

    /// What was sent, after a transfer with a complete reply.
    ///
    /// Looks at the file once more. Throws ``UploadSourceError/notSentWhole`` when the server did not take all of it.
    package func finish() async throws(UploadSourceError) -> UploadDigest {
        try await stream.finish()
    }

    /// Starts reading ahead; `wake` is called from a reader thread whenever there is news after ``take(into:)`` said
    /// `pause`.
    package func begin(wake: @escaping @Sendable () -> Void) throws(UploadSourceError) {
        try stream.begin(wake: wake)
        progress?.begin(total: size)
    }

    /// Copies the next bytes; for one thread, after ``begin(wake:)``.
    package func take(into target: UnsafeMutableRawBufferPointer) -> UploadPart {
        let part = stream.take(into: target)
        switch part {
        case .bytes(let count):
            taken.withLock { $0 = true }
            progress?.sent(count, total: size)
        case .end: progress?.end(total: size)
        case .pause, .failed: break
        }
        return part
    }

    /// Frees the buffers and stops reading ahead; nothing wakes the engine any more.
    package func end() {
        stream.end()
    }
}

/// What one read of an upload gave.
package enum UploadPart: Equatable, Sendable {
    /// So many bytes.
    case bytes(Int)
    /// Nothing yet: the source wakes whoever reads when there is.
    case pause
    /// Nothing any more.
    case end
    /// The upload cannot go on.
    case failed(UploadSourceError)
}

/// Where an upload's bytes come from.
protocol UploadStream: Sendable {
    var size: Int64? { get }
    var isRepeatable: Bool { get }
    func begin(wake: @escaping @Sendable () -> Void) throws(UploadSourceError)
    func take(into target: UnsafeMutableRawBufferPointer) -> UploadPart
    func end()
    func again() -> any UploadStream
    func finish() async throws(UploadSourceError) -> UploadDigest
}

extension UploadStream {
    /// What is not used up by being read.
    var isRepeatable: Bool { true }
}
