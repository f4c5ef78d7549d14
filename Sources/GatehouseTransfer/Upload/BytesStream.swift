// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// Bytes in memory as an upload.
final class BytesStream: UploadStream {
    private struct State {
        var position = 0
        var hasBegun = false
    }

    private let bytes: [UInt8]
    private let state = Locked(State())

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var size: Int64? { Int64(bytes.count) }

    func begin(wake: @escaping @Sendable () -> Void) throws(UploadSourceError) {
        let isFirst = state.withLock { state in
            defer { state.hasBegun = true }
            return !state.hasBegun
        }
        guard isFirst else { throw .alreadyUsed }
    }

    func take(into target: UnsafeMutableRawBufferPointer) -> UploadPart {
        let range = state.withLock { state in
            let start = state.position
            state.position = min(start + target.count, bytes.count)
            return start..<state.position
        }
        guard !range.isEmpty else { return .end }
        bytes.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
        return .bytes(range.count)
    }

    func end() {}

    func again() -> any UploadStream { BytesStream(bytes) }

    func finish() async throws(UploadSourceError) -> UploadDigest {
        guard state.withLock({ $0.position == bytes.count && $0.hasBegun }) else { throw .notSentWhole }
        guard let sha256 = Sha256(), bytes.withUnsafeBytes(sha256.add), let digest = sha256.end() else {
            throw .outOfMemory
        }
        return UploadDigest(size: Int64(bytes.count), sha256: digest)
    }
}
