// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// A request's body on its way to libcurl; used by the engine's thread alone.
struct RequestBody {
    private enum Payload {
        case none
        case bytes([UInt8])
        case secret(Secret)
        case source(UploadSource)
    }

    /// The whole, framing included, in bytes; nil where it is not known beforehand.
    let count: Int64?
    /// Nil where there is no body.
    let contentType: String?

    private let prefix: [UInt8]
    private let payload: Payload
    private let suffix: [UInt8]
    /// How much of each was copied, in bytes.
    private var prefixPosition = 0
    private var payloadPosition = 0
    private var suffixPosition = 0

    init(_ body: TransferRequest.Body) {
        switch body {
        case .none:
            self.init(.none, count: 0, contentType: nil)
        case .bytes(let bytes, let contentType):
            self.init(.bytes(bytes), count: Int64(bytes.count), contentType: contentType)
        case .secretBytes(let secret, let contentType):
            self.init(.secret(secret), count: Int64(secret.count), contentType: contentType)
        case .file(let source, let field, let fileName):
            let frame = Multipart(field: field, fileName: fileName, boundary: Multipart.randomBoundary())
            self.init(.source(source), count: source.size, contentType: frame.contentType, frame: frame)
        }
    }

    private init(_ payload: Payload, count: Int64?, contentType: String?, frame: Multipart? = nil) {
        self.payload = payload
        self.contentType = contentType
        prefix = frame?.prefix ?? []
        suffix = frame?.suffix ?? []
        // A file system may report any size: the sum wraps instead of trapping, and libcurl refuses what is negative.
        let framing = Int64(prefix.count + suffix.count)
        self.count = count.map { $0 &+ framing }
    }

    /// The file behind it, if it is one.
    var source: UploadSource? {
        guard case .source(let source) = payload else { return nil }
        return source
    }

    /// Whether some of the file behind it was not asked for yet.
    var holdsBackFile: Bool { source != nil && suffixPosition == 0 }

    /// The whole of it, where it is a few bytes in memory.
    var inOnePiece: [UInt8]? {
        guard case .bytes(let bytes) = payload, (1...Self.bytesOfOnePiece).contains(bytes.count) else { return nil }
        return bytes
    }

    /// libcurl sends that much together with the header (MAX_INITIAL_POST_SIZE of its lib/http.h).
    private static let bytesOfOnePiece = 64 << 10

    /// Copies what comes next into `target`, as much as fits and is there.
    mutating func read(into target: UnsafeMutableRawBufferPointer) -> UploadPart {
        if let part = Self.copy(prefix, from: &prefixPosition, to: target) { return part }
        if let part = readPayload(into: target) { return part }
        return Self.copy(suffix, from: &suffixPosition, to: target) ?? .end
    }

    /// Nil when the payload is through.
    private mutating func readPayload(into target: UnsafeMutableRawBufferPointer) -> UploadPart? {
        switch payload {
        case .none: return nil
        case .bytes(let bytes): return Self.copy(bytes, from: &payloadPosition, to: target)
        case .secret(let secret):
            return secret.withBytes { Self.copy(UnsafeRawBufferPointer($0), from: &payloadPosition, to: target) }
        case .source(let source):
            let part = source.take(into: target)
            return part == .end ? nil : part
        }
    }

    private static func copy(
        _ bytes: [UInt8],
        from position: inout Int,
        to target: UnsafeMutableRawBufferPointer
    ) -> UploadPart? {
        bytes.withUnsafeBytes { Self.copy($0, from: &position, to: target) }
    }

    /// Nil when all was copied.
    private static func copy(
        _ bytes: UnsafeRawBufferPointer,
        from position: inout Int,
        to target: UnsafeMutableRawBufferPointer
    ) -> UploadPart? {
        guard position < bytes.count else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(position).prefix(target.count))
        target.copyMemory(from: rest)
        position += rest.count
        return .bytes(rest.count)
    }
}
