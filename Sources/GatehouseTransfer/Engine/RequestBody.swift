// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// A request's body on its way to libcurl; used by the engine's thread alone.
struct RequestBody {
    /// What one read gave.
    enum Part: Equatable {
        case bytes(Int)
        /// Nothing yet: the source wakes the engine when there is.
        case pause
        case end
        case failed(UploadSourceError)
    }

    private enum Payload {
        case none
        case bytes([UInt8])
        case secret(Secret)
        case source(UploadSource)
    }

    /// The whole, framing included, in bytes.
    let count: Int64
    /// Nil where there is no body.
    let contentType: String?

    private let prefix: [UInt8]
    private let payload: Payload
    private let suffix: [UInt8]
    private var position: Int64 = 0

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

    private init(_ payload: Payload, count: Int64, contentType: String?, frame: Multipart? = nil) {
        self.payload = payload
        self.contentType = contentType
        prefix = frame?.prefix ?? []
        suffix = frame?.suffix ?? []
        // A file system may report any size: the sum wraps instead of trapping, and libcurl refuses what is negative.
        self.count = count &+ Int64(prefix.count + suffix.count)
    }

    /// The file behind it, if it is one.
    var source: UploadSource? {
        guard case .source(let source) = payload else { return nil }
        return source
    }

    /// Copies what comes next into `target`, as much as fits and is there.
    mutating func read(into target: UnsafeMutableRawBufferPointer) -> Part {
        let afterPrefix = position - Int64(prefix.count)
        guard afterPrefix >= 0 else {
            return copied(prefix.withUnsafeBytes { copy($0, from: position, to: target) })
        }
        if let part = readPayload(at: afterPrefix, into: target) { return part }
        let suffixPosition = position - (count - Int64(suffix.count))
        guard suffixPosition < suffix.count else { return .end }
        return copied(suffix.withUnsafeBytes { copy($0, from: suffixPosition, to: target) })
    }

    /// Nil when the payload is through.
    private mutating func readPayload(at offset: Int64, into target: UnsafeMutableRawBufferPointer) -> Part? {
        switch payload {
        case .none:
            return nil
        case .bytes(let bytes):
            guard offset < bytes.count else { return nil }
            return copied(bytes.withUnsafeBytes { copy($0, from: offset, to: target) })
        case .secret(let secret):
            guard offset < secret.count else { return nil }
            return copied(secret.withBytes { copy($0, from: offset, to: target) })
        case .source(let source):
            switch source.take(into: target) {
            case .end: return nil
            case .bytes(let count): return copied(count)
            case let other: return other
            }
        }
    }

    private mutating func copied(_ count: Int) -> Part {
        position += Int64(count)
        return .bytes(count)
    }

    private func copy(
        _ bytes: UnsafeRawBufferPointer,
        from offset: Int64,
        to target: UnsafeMutableRawBufferPointer
    ) -> Int {
        let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(Int(offset)).prefix(target.count))
        target.copyMemory(from: rest)
        return rest.count
    }
}
