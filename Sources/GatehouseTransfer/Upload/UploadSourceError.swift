// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// A file that cannot be sent, or not any more.
package enum UploadSourceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of file that are not sent.
    package enum Kind: String, Sendable {
        case directory
        case pipe
        case socket
        case characterDevice
        case blockDevice
        case other
    }

    /// Only a regular file has a size and bytes that stay.
    case notRegularFile(Kind)
    /// The descriptor is not open for reading (O_WRONLY, O_PATH).
    case notReadable
    /// fcntl(2), fstat(2) or pread(2) failed.
    case readFailed(SystemError)
    /// Its size, mtime or ctime changed, or it holds more or less than its size.
    case changedDuringScan
    /// The server answered before it took the whole file.
    case notSentWhole
    /// A source goes into one transfer; ``UploadSource/rewound()`` makes one for the next.
    case alreadyUsed
    /// The task was cancelled.
    case cancelled
    case outOfMemory

    /// One sentence for anyone.
    package var description: String {
        switch self {
        case .notRegularFile(let kind): "not a regular file but a \(kind.rawValue)"
        case .notReadable: "the file is not open for reading"
        case .readFailed(let error): "the file cannot be read: \(error.reason)"
        case .changedDuringScan: "the file changed while it was read"
        case .notSentWhole: "the server answered before it took the whole file"
        case .alreadyUsed: "the upload was already used"
        case .cancelled: "the request was cancelled"
        case .outOfMemory: "memory is short"
        }
    }
}

/// What was sent or received of a file: all of it.
package struct UploadDigest: Sendable, Equatable {
    /// The number of bytes.
    package let size: Int64
    /// The SHA-256 of exactly those bytes, as 64 lower-case hexadecimal digits.
    package let sha256: String
}
