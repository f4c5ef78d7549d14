// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// What came back of one request to the file service.
struct FileExchange: Sendable {
    let result: Result<ServerReply, TransferError>
    let reader: ReplyReader
}

extension Result<ServerReply, TransferError> {
    /// The reply, or the failure as an error of this module.
    func get(_ reader: ReplyReader) throws(SecurityCenterError) -> ServerReply {
        switch self {
        case .success(let reply): return reply
        case .failure(let error): throw reader.failure(error, changesNothing: false)
        }
    }
}

/// When a download is whole, goes on, or is given up, as a machine without I/O.
///
/// A download changes nothing, so what was cut goes on from where it ended. The file service answers 503 while it is
/// busy; the vendor's client comes back after 10 s, five times.
struct FileAttempts: Sendable {
    enum Step: Equatable, Sendable {
        case done
        case again(after: Duration)
        case failed(SecurityCenterError)
    }

    private var busy = 0
    private var cut = 0

    /// What follows from an answer; `count` is what has come of the file altogether.
    mutating func next(after exchange: FileExchange, progressed: Bool, count: Int64) -> Step {
        switch exchange.result {
        case .success(let reply) where !reply.isWhole:
            return .failed(
                SecurityCenterError(
                    .unintelligible,
                    "the file may have been cut",
                    upstream: exchange.reader.answer(status: reply.status)
                )
            )
        case .success(let reply) where reply.status == 200: return .done
        case .success(let reply) where reply.status == 206:
            guard let total = total(exchange, at: count), count < total else { return .done }
            guard progressed else {
                return .failed(SecurityCenterError(.unintelligible, "the server sends nothing of the rest of the file"))
            }
            return .again(after: .zero)
        case .success(let reply) where reply.status == 416 && count > 0: return .done
        case .success(let reply) where reply.status == 503:
            busy += 1
            return busy <= 5 ? .again(after: .seconds(10)) : .failed(exchange.reader.refusal(reply))
        case .success(let reply): return .failed(exchange.reader.refusal(reply))
        case .failure(let error):
            cut = progressed ? 0 : cut + 1
            let mayGoOn: Bool =
                switch error.code {
                case .cutReply, .receiveFailed, .emptyReply, .sendFailed: cut < 3
                default: false
                }
            return mayGoOn
                ? .again(after: .milliseconds(200)) : .failed(exchange.reader.failure(error, changesNothing: true))
        }
    }

    /// The size of the whole, where the answer says it.
    func total(_ exchange: FileExchange, at count: Int64) -> Int64? {
        guard case .success(let reply) = exchange.result else { return nil }
        guard reply.status == 206 else { return reply.status == 200 ? count : nil }
        return reply.contentRange?.utf8.split(separator: UInt8(ascii: "/")).last.flatMap { Int64(Substring($0)) }
    }
}
