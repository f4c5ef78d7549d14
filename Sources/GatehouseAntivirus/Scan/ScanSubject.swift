// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseTransfer
package import Glibc

/// What a caller wants scanned, and how long it waits.
package struct ScanSubject: Sendable {
    /// Where the bytes are.
    package enum Content: Sendable {
        /// A descriptor that the caller passed.
        case passed(PassedFile)
        /// Bytes in the request.
        case bytes([UInt8])
        /// Bytes that are still coming.
        case chunks(ChunkBuffer)
    }

    /// Where the bytes are.
    package var content: Content
    /// The base name that the engine is told.
    package var fileName: String
    /// The caller's user id, whose reader threads are used.
    package var user: uid_t
    /// Where system calls on the caller's file are done.
    package var readers: ReaderThreads
    /// The request id, by which the engine's operator may find the scan.
    package var traceID: String
    /// Until when the caller waits.
    package var deadline: Instant
    /// The largest file that the caller may have scanned, in bytes; nil for any.
    package var maximumBytes: Int64?
    /// Whom to tell how far the upload is.
    package var progress: UploadProgress?

    /// A scan for one caller.
    package init(
        content: Content,
        fileName: String,
        user: uid_t,
        readers: ReaderThreads,
        traceID: String,
        deadline: Instant,
        progress: UploadProgress?
    ) {
        self.content = content
        self.fileName = fileName
        self.user = user
        self.readers = readers
        self.traceID = traceID
        self.deadline = deadline
        self.progress = progress
    }

    /// The bytes as an upload that tells how far it is.
    ///
    /// A caller's file is looked at by a reader thread first: it has to be a regular one that is open for reading, and
    /// no larger than allowed.
    package func upload() async throws(AntivirusError) -> UploadSource {
        let source = try await source()
        guard let maximumBytes, let size = source.size, size > maximumBytes else { return source }
        throw AntivirusError(.notAllowed, "the policy allows this caller files of at most \(maximumBytes) bytes")
    }

    private func source() async throws(AntivirusError) -> UploadSource {
        switch content {
        case .bytes(let bytes): return UploadSource(bytes: bytes).reporting(to: progress)
        case .chunks(let buffer): return UploadSource(chunks: buffer).reporting(to: progress)
        case .passed(let file):
            do {
                return try await UploadSource.open(file: file, user: user, readers: readers).reporting(to: progress)
            } catch {
                throw AntivirusError(openingFailed: error)
            }
        }
    }
}
