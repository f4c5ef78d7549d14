// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import Glibc

extension UploadDigest {
    /// Of bytes in memory; nil where memory is short.
    package init?(of bytes: [UInt8]) {
        guard let sha256 = Sha256(), bytes.withUnsafeBytes(sha256.add), let digest = sha256.end() else { return nil }
        self.init(size: Int64(bytes.count), sha256: digest)
    }

    /// Of a caller's file as it is now, without sending it; reader threads read and hash.
    package static func read(
        _ file: FileAccess,
        user: uid_t,
        readers: ReaderThreads
    ) async throws(UploadSourceError) -> UploadDigest {
        let pieces = try await FilePieces.open(file, user: user, readers: readers)
        while try await !pieces.next(1 << 20).isEmpty {}
        return try await pieces.finish()
    }
}
