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
/// A download changes nothing, so what was cut goes on from where it ended; it begins again where the server answers that
/// with 200 and the whole. It is whole when as much has come as the server said there is. Where it does not say that
/// (`bytes 0-4/*`), the rest is asked for until it says that nothing follows: by 416, which is also how it answers for an
/// empty file, by nothing at all, or by all that came once more, from a server that always gives everything. The file
/// service answers 503 while it is busy; the vendor's client comes back after 10 s, five times.
struct FileAttempts: Sendable {
    enum Step: Equatable, Sendable {
        case done
        case again(after: Duration)
        case failed(SecurityCenterError)
    }

    /// How often a server may answer what was to go on with the whole.
    private static let mostBeginnings = 3

    private var busy = 0
    private var cut = 0
    private var beginnings = 0
    /// The size of the whole, once an answer said it.
    private var whole: Int64?
    /// Whether what came last was all of its part, so that the whole may end there.
    private var mayBeWhole = false

    /// What follows from an answer to a request for what stands at `begin` and after it.
    ///
    /// `count` is what has come of the file altogether, `announced` the size that the answer's header said, also where the
    /// answer was cut, and `beganAnew` whether the answer was the whole although `begin` was not 0.
    mutating func next(
        after exchange: FileExchange,
        from begin: Int64,
        count: Int64,
        announced: Int64? = nil,
        beganAnew: Bool = false
    ) -> Step {
        if beganAnew {
            beginnings += 1
            whole = nil
            mayBeWhole = false
        }
        let progress = Progress(begin: beganAnew ? 0 : begin, count: count, announced: announced)
        switch exchange.result {
        case .success(let reply): return next(after: reply, progress, exchange.reader)
        case .failure(let error): return next(after: error, progress, exchange.reader)
        }
    }

    private struct Progress {
        let begin: Int64
        let count: Int64
        let announced: Int64?
    }

    private mutating func next(after error: TransferError, _ progress: Progress, _ reader: ReplyReader) -> Step {
        if case .contentRefused(.elsewhere(let range)) = error.code, isWhole(progress.count, by: range) { return .done }
        mayBeWhole = false
        guard agrees(with: progress.announced) else { return .failed(Self.changed) }
        cut = progress.count > progress.begin ? 0 : cut + 1
        let mayGoOn: Bool =
            switch error.code {
            case .cutReply, .receiveFailed, .emptyReply, .sendFailed: cut < 3
            default: false
            }
        guard mayGoOn else { return .failed(reader.failure(error, changesNothing: true)) }
        guard beginnings < Self.mostBeginnings else {
            let text = "the server sends the file from its start again and again, and never whole"
            return .failed(SecurityCenterError(.unintelligible, text, upstream: reader.answer(status: 200)))
        }
        return .again(after: .milliseconds(200))
    }

    private mutating func next(after reply: ServerReply, _ progress: Progress, _ reader: ReplyReader) -> Step {
        switch reply.status {
        case 200, 206:
            switch content(reply, progress) {
            case .success(let step): return step
            case .failure(let fault):
                let answer = reader.answer(status: reply.status)
                return .failed(SecurityCenterError(.unintelligible, fault.text, upstream: answer))
            }
        case 416:
            guard agrees(with: reply.contentRange.flatMap(ContentRange.init)?.total) else {
                return .failed(Self.changed)
            }
            if whole == nil, mayBeWhole, progress.count > 0 { return .done }
            guard let whole else { return .failed(reader.refusal(reply)) }
            return whole == progress.count ? .done : .failed(Self.changed)
        case 503:
            busy += 1
            return busy <= 5 ? .again(after: .seconds(10)) : .failed(reader.refusal(reply))
        default: return .failed(reader.refusal(reply))
        }
    }

    private struct Fault: Error {
        let text: String
    }

    /// What follows from a part of the file, or from all of it.
    private mutating func content(_ reply: ServerReply, _ progress: Progress) -> Result<Step, Fault> {
        let came = progress.count - progress.begin
        if came == 0, whole == nil, mayBeWhole, reply.contentRange == nil, reply.isWhole { return .success(.done) }
        switch ContentPlace(status: reply.status, range: reply.contentRange, position: progress.begin) {
        case .refused(.elsewhere(let range)) where isWhole(progress.count, by: range): return .success(.done)
        case .refused(let fault): return .failure(Fault(text: fault.description))
        case .next(let most):
            guard reply.isWhole || came == most else { return .failure(Fault(text: "the file may have been cut")) }
            if reply.contentRange == nil { return .success(.done) }
            guard came <= most ?? .max else { return .failure(Fault(text: ContentFault.longerThanRange.description)) }
            let range = reply.contentRange.flatMap(ContentRange.init)
            guard agrees(with: range?.total ?? progress.announced) else { return .success(.failed(Self.changed)) }
            guard came > 0 else { return .failure(Self.nothing) }
            mayBeWhole = came == most
            guard let whole, whole <= progress.count else { return .success(.again(after: .zero)) }
            return .success(whole == progress.count ? .done : .failed(Self.changed))
        // With a byte of a body it would have begun anew.
        case .start: return .failure(Self.nothing)
        }
    }

    /// Whether a server that was asked for what follows answers with all that came, so that nothing does.
    private func isWhole(_ count: Int64, by range: ContentRange) -> Bool {
        guard whole == nil, mayBeWhole, range.part?.lowerBound == 0 else { return false }
        return range.length == count && range.total ?? count == count
    }

    /// Remembers the size of the whole; false when it was another one before.
    private mutating func agrees(with total: Int64?) -> Bool {
        guard let total else { return true }
        defer { whole = whole ?? total }
        return whole == nil || whole == total
    }

    private static let nothing = Fault(text: "the server sends nothing of the rest of the file")
    private static let changed = SecurityCenterError(.unintelligible, "the file changed while it was fetched")
}
