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
    /// The caller's connection, by any number that no other open one has; connections of one user wait in turn.
    package var connection: UInt
    /// The call of the engine's plan that was counted for it.
    package var permit: PlanPermit?

    /// A scan for one caller.
    package init(
        content: Content,
        fileName: String,
        user: uid_t,
        readers: ReaderThreads,
        traceID: String,
        deadline: Instant,
        progress: UploadProgress?,
        connection: UInt = 0
    ) {
        self.content = content
        self.fileName = fileName
        self.user = user
        self.readers = readers
        self.traceID = traceID
        self.deadline = deadline
        self.progress = progress
        self.connection = connection
    }

    /// When a request for it ends by itself: a little after the deadline, at which the caller cancels it.
    ///
    /// Who cancels knows what that is called; a request that ended at the same time would say that the server was slow.
    var end: Instant { deadline + .seconds(2) }

    /// The bytes as an upload that tells how far it is.
    ///
    /// A caller's file is looked at by a reader thread first: it has to be a regular one that is open for reading, and
    /// no larger than allowed.
    package func upload() async throws(AntivirusError) -> UploadSource {
        let source = try await source()
        try checkSize(source.size)
        return source
    }

    /// Throws where the caller may not have a file of that size scanned.
    func checkSize(_ size: Int64?) throws(AntivirusError) {
        guard let maximumBytes, let size, size > maximumBytes else { return }
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

    /// Whether it can be sent again from its start: all but long uploads in chunks, whose start is not kept.
    package var isRepeatable: Bool {
        if case .chunks(let buffer) = content { buffer.holdsAll } else { true }
    }

    /// Its size, as far as that is known without reading it; a reader thread looks at a caller's file.
    package func knownSize() async -> Int64? {
        switch content {
        case .bytes(let bytes): return Int64(bytes.count)
        case .chunks(let buffer): return buffer.size
        case .passed(let file):
            let status = try? await readers.run(user: user, FileAccess(file).status)
            return (try? status?.get())?.size
        }
    }
}
