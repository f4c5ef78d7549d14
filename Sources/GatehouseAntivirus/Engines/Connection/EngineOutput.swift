// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// What a request still has to send, in the order in which it goes out: the opening, the body's pieces, their end.
///
/// It sends to a non-blocking socket and holds one piece at a time.
struct EngineOutput {
    /// What to wait for.
    enum Step: Equatable {
        /// The socket has no room.
        case blocked
        /// The body's source has nothing yet; it wakes.
        case paused
        /// There is more, but others have their turn first.
        case yields
        /// The engine says first whether it wants the rest.
        case held
        /// All is sent.
        case done
        /// Nobody reads any more; a reply may still be there.
        case refused
        /// The body's source failed.
        case failed(UploadSourceError)
    }

    private static let pieceBytes = 64 << 10
    private static let piecesPerTurn = 4

    private var passing: PassedFile?
    private let body: EngineRequest.Body?
    private var pending: [UInt8]
    private var position = 0
    /// The end of what is in `pending`, which a body's buffer is reused for.
    private var end: Int
    private var bodyIsRead: Bool
    /// How much of the preview there is still to send; nil before there is one and after.
    private var previewLeft: Int?
    private var isHeld = false
    private(set) var hasSent = false
    private(set) var isDone = false

    init(_ request: EngineRequest) {
        passing = request.passing
        body = request.body
        pending = request.opening
        end = request.opening.count
        bodyIsRead = request.body == nil
        previewLeft = request.body?.preview
    }

    /// Whether all of the preview is sent, and nothing else.
    var awaitsConsent: Bool { isHeld && position == end }

    /// The engine wants the rest.
    mutating func goOn() {
        isHeld = false
    }

    /// Sends what the socket takes, up to a fair share.
    mutating func send(to socket: Int32) -> Step {
        guard !isDone else { return .done }
        var pieces = 0
        while true {
            if position < end, let step = flush(socket) { return step }
            guard let body, !bodyIsRead else {
                isDone = true
                return .done
            }
            if isHeld { return .held }
            guard pieces < Self.piecesPerTurn else { return .yields }
            pieces += 1
            if previewLeft == 0 {
                endPreview(body)
                continue
            }
            switch fill(body) {
            case .bytes, .end: continue
            case .pause: return .paused
            case .failed(let error): return .failed(error)
            }
        }
    }

    /// Nil when all that is pending is sent.
    private mutating func flush(_ socket: Int32) -> Step? {
        while position < end {
            switch sent(to: socket) {
            case .success(0): return .blocked
            case .success(let count):
                position += count
                hasSent = true
                // It went with the first byte.
                passing = nil
            case .failure(let error): return error.code == SystemError.wouldBlock ? .blocked : .refused
            }
        }
        return nil
    }

    private func sent(to socket: Int32) -> Result<Int, SystemError> {
        pending.withUnsafeBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
            return Result { () throws(SystemError) in try StreamSocket.send(socket, rest, passing: passing) }
        }
    }

    private mutating func endPreview(_ body: EngineRequest.Body) {
        pending = body.framing.end
        (position, end) = (0, pending.count)
        (previewLeft, isHeld) = (nil, true)
    }

    /// Takes the next piece into the buffer, between its head and tail.
    private mutating func fill(_ body: EngineRequest.Body) -> UploadPart {
        let room = BodyFraming.longestHead
        let tail = body.framing.tail
        let capacity = room + Self.pieceBytes + tail.count
        if pending.count != capacity { pending = [UInt8](repeating: 0, count: capacity) }
        let most = min(previewLeft ?? Self.pieceBytes, Self.pieceBytes)
        let part = pending.withUnsafeMutableBytes {
            body.source.take(into: UnsafeMutableRawBufferPointer(rebasing: $0[room..<room + most]))
        }
        switch part {
        case .pause, .failed: break
        case .end:
            pending = previewLeft == nil ? body.framing.end : body.framing.endInPreview
            (position, end) = (0, pending.count)
            bodyIsRead = true
        case .bytes(let count):
            previewLeft = previewLeft.map { max($0 - count, 0) }
            let head = body.framing.head(count)
            pending.replaceSubrange(room - head.count..<room, with: head)
            pending.replaceSubrange(room + count..<room + count + tail.count, with: tail)
            (position, end) = (room - head.count, room + count + tail.count)
        }
        return part
    }
}
