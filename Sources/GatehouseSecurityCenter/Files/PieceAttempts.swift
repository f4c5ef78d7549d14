// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// When a piece of an upload has arrived, is sent again, or ends it, as a machine without I/O.
///
/// The file service answers 503 while it is busy, and has taken nothing then; the vendor's client sends the piece again
/// at once. Whatever else fails may have taken the piece, so that it is not sent again.
struct PieceAttempts: Sendable {
    /// The first attempt after a refusal comes at once, the others leave the service some time.
    static let pauses: [Duration] = [.zero, .milliseconds(250), .seconds(1), .seconds(2), .seconds(4)]

    private var busy = 0

    /// What follows from an answer.
    mutating func next(after exchange: FileExchange) -> FileAttempts.Step {
        switch exchange.result {
        case .success(let reply) where (200...201).contains(reply.status): return .done
        case .success(let reply) where reply.status == 503 && busy < Self.pauses.count:
            defer { busy += 1 }
            return .again(after: Self.pauses[busy])
        case .success(let reply): return .failed(exchange.reader.refusal(reply))
        case .failure(let error): return .failed(exchange.reader.failure(error, changesNothing: false))
        }
    }
}
