// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// What came back of one request to the file service.
struct FileExchange: Sendable {
    let result: Result<ServerReply, TransferError>
    let reader: ReplyReader
}

/// When a download is whole, goes on, or is given up, as a machine without I/O.
///
/// A download changes nothing, so what was cut goes on from where it ended. It is whole when as much has come as the
/// server said there is; where it does not say that, when it refuses what would follow and says that nothing does (416
/// with `bytes */count`), which is also how it answers for an empty file. The file service answers 503 while it is
/// busy; the vendor's client comes back after 10 s, five times.
struct FileAttempts: Sendable {
    enum Step: Equatable, Sendable {
        case done
        case again(after: Duration)
        case failed(SecurityCenterError)
    }

    private var busy = 0
    private var cut = 0
    /// The size of the whole, once an answer said it.
    private var whole: Int64?

    /// What follows from an answer to a request for what stands at `begin` and after it.
    ///
    /// `count` is what has come of the file altogether, and `announced` the size that the answer's header said, also
    /// where the answer was cut.
    mutating func next(after exchange: FileExchange, from begin: Int64, count: Int64, announced: Int64? = nil) -> Step {
        switch exchange.result {
        case .success(let reply):
            return next(after: reply, Progress(begin: begin, count: count, announced: announced), exchange.reader)
        case .failure(let error):
            guard agrees(with: announced) else { return .failed(Self.changed) }
            cut = count > begin ? 0 : cut + 1
            let mayGoOn: Bool =
                switch error.code {
                case .cutReply, .receiveFailed, .emptyReply, .sendFailed: cut < 3
                default: false
                }
            return mayGoOn
                ? .again(after: .milliseconds(200)) : .failed(exchange.reader.failure(error, changesNothing: true))
        }
    }

    private struct Progress {
        let begin: Int64
        let count: Int64
        let announced: Int64?
    }

    private mutating func next(after reply: ServerReply, _ progress: Progress, _ reader: ReplyReader) -> Step {
        func failed(_ text: String) -> Step {
            .failed(SecurityCenterError(.unintelligible, text, upstream: reader.answer(status: reply.status)))
        }
        let range = reply.contentRange.map(ContentRange.init)
        switch reply.status {
        case 200, 206:
            guard reply.isWhole else { return failed("the file may have been cut") }
            if reply.status == 200, range == nil {
                return progress.begin == 0 ? .done : failed("the server does not go on where the file ended")
            }
            if let range {
                guard let part = range?.part, part.lowerBound == progress.begin, progress.count - 1 <= part.upperBound
                else { return failed("the answer is no part of the file that was asked for") }
            }
            guard agrees(with: range??.total ?? progress.announced) else { return .failed(Self.changed) }
            guard progress.count > progress.begin else {
                return failed("the server sends nothing of the rest of the file")
            }
            guard let whole, whole <= progress.count else { return .again(after: .zero) }
            return whole == progress.count ? .done : .failed(Self.changed)
        case 416:
            guard agrees(with: range??.total) else { return .failed(Self.changed) }
            guard let whole else { return .failed(reader.refusal(reply)) }
            return whole == progress.count ? .done : .failed(Self.changed)
        case 503:
            busy += 1
            return busy <= 5 ? .again(after: .seconds(10)) : .failed(reader.refusal(reply))
        default: return .failed(reader.refusal(reply))
        }
    }

    /// Remembers the size of the whole; false when it was another one before.
    private mutating func agrees(with total: Int64?) -> Bool {
        guard let total else { return true }
        defer { whole = whole ?? total }
        return whole == nil || whole == total
    }

    private static let changed = SecurityCenterError(.unintelligible, "the file changed while it was fetched")
}
