// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// An upload whose bytes arrive while it is sent.
///
/// Its length is not known before its end, so it goes out in chunked transfer coding (RFC 9112, section 7.1) unless all
/// of it was there when the request was made. The engine's thread hashes it, since no reader thread touches it.
final class ChunkStream: UploadStream {
    private struct State {
        var hasBegun = false
        var position: Int64 = 0
        var sha256: Sha256?
        var digest: String?
    }

    private let buffer: ChunkBuffer
    private let state = Locked(State())

    init(_ buffer: ChunkBuffer) {
        self.buffer = buffer
    }

    var size: Int64? { buffer.size }

    var isRepeatable: Bool { buffer.holdsAll }

    func again() -> any UploadStream { ChunkStream(buffer) }

    func begin(wake: @escaping @Sendable () -> Void) throws(UploadSourceError) {
        try state.withLock { state throws(UploadSourceError) in
            guard !state.hasBegun else { throw .alreadyUsed }
            guard let sha256 = Sha256() else { throw .outOfMemory }
            state.hasBegun = true
            state.sha256 = sha256
        }
        guard buffer.beginTaking(wake: wake) else { throw .alreadyUsed }
    }

    func take(into target: UnsafeMutableRawBufferPointer) -> UploadPart {
        let (position, sha256) = state.withLock { ($0.position, $0.sha256) }
        switch buffer.part(at: position) {
        case .nothing: return .pause
        case .gone: return .failed(.alreadyUsed)
        case .end: return endDigest()
        case .bytes(let bytes):
            let piece = bytes.prefix(target.count)
            let isHashed = piece.withUnsafeBytes { piece in
                target.copyMemory(from: piece)
                return sha256?.add(piece) ?? false
            }
            guard isHashed else { return .failed(.outOfMemory) }
            state.withLock { $0.position += Int64(piece.count) }
            buffer.take(upTo: position + Int64(piece.count))
            return .bytes(piece.count)
        }
    }

    private func endDigest() -> UploadPart {
        state.withLock { state in
            if let sha256 = state.sha256 { state.digest = sha256.end() }
            state.sha256 = nil
            return state.digest == nil ? .failed(.outOfMemory) : .end
        }
    }

    func end() {
        buffer.endTaking()
    }

    func finish() async throws(UploadSourceError) -> UploadDigest {
        let (position, digest) = state.withLock { ($0.position, $0.digest) }
        guard let digest, buffer.size == position else { throw .notSentWhole }
        return UploadDigest(size: position, sha256: digest)
    }
}
