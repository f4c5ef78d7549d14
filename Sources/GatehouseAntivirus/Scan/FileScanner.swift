// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import GatehouseTransfer

/// Scans a file through SPE: tokens, upload, verdict, and one retry where that is safe.
package struct FileScanner: ScanEngine {
    private let client: AntivirusClient
    private let tokens: TokenSource
    private let time: any TimeSource

    package var pacer: PlanPacer? { client.pacer }

    /// Scans with one account.
    package init(client: AntivirusClient, tokens: TokenSource, time: any TimeSource) {
        self.client = client
        self.tokens = tokens
        self.time = time
    }

    /// Uploads what the subject holds and judges the answer.
    ///
    /// Whoever calls cancels the task at `deadline`; a transfer that nobody cancels ends a little later.
    ///
    /// A scan has no effect upstream, so it may be sent again: once for each token that was rejected, and once after a kept
    /// connection turned out to be dead. Each goes out with fresh eyes on the file: the source starts over. A long upload
    /// in chunks cannot: its caller gets an error that says to send it again.
    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        var source = try await subject.upload()
        let traceID = subject.traceID
        var renewed: Set<TokenName> = []
        var mayReconnect = true
        while true {
            let grant = try await tokens.acquire()
            // Here, and not earlier: a call counts in the window in which it is made.
            try await pacer?.spend(subject.permit)
            let reply: UpstreamReply
            do {
                reply = try await client.scan(
                    source,
                    fileName: subject.fileName,
                    grant,
                    traceID: traceID,
                    within: Self.longestTransfer(until: subject.deadline, now: time.now),
                    freshConnection: !mayReconnect
                )
            } catch {
                if case .sourceFailed(.changedDuringScan) = error.code { return Self.changed(traceID) }
                guard mayReconnect, source.isRepeatable, error.isDeadConnection else {
                    throw AntivirusClient.failure(error, server: "apiConnect", traceID: traceID)
                }
                mayReconnect = false
                source = source.rewound()
                continue
            }
            // The gateway looks at its own token first: one that both have forgotten comes back twice.
            let fault = reply.status == 401 ? fault(reply, traceID) : nil
            if let fault, let rejected = Self.tokens(rejectedBy: fault), renewed.isDisjoint(with: rejected) {
                renewed.formUnion(rejected)
                await tokens.rejected(rejected, of: grant, because: fault.error)
                guard source.isRepeatable else { throw Self.mustBeSentAgain(after: fault) }
                source = source.rewound()
                continue
            }
            return try await outcome(reply, source, grant, traceID)
        }
    }

    static func mustBeSentAgain(after fault: UpstreamFault) -> AntivirusError {
        AntivirusError(
            .tokenRenewed,
            "a token was not accepted, and the upload's first bytes are not kept; send the file again",
            upstream: fault.error.upstream,
            requestMayHaveLeft: true
        )
    }

    /// Longer than the caller waits, who cancels the transfer at the deadline and knows what that is called.
    ///
    /// A transfer that ended at the same time by itself would say that the server was slow.
    static func longestTransfer(until deadline: Instant, now: Instant) -> Duration {
        max(deadline - now, .zero) + .seconds(2)
    }

    private func fault(_ reply: UpstreamReply, _ traceID: String) -> UpstreamFault {
        UpstreamFault(reply, unixTime: time.unixTime, sentTraceID: traceID)
    }

    private func outcome(
        _ reply: UpstreamReply,
        _ source: UploadSource,
        _ grant: TokenGrant,
        _ traceID: String
    ) async throws(AntivirusError) -> ScanOutcome {
        guard reply.isSuccess, let answer = reply.object else {
            let fault = fault(reply, traceID)
            if let rejected = Self.tokens(rejectedBy: fault) {
                await tokens.rejected(rejected, of: grant, because: fault.error)
            } else if fault.rejection == .clientID {
                throw await tokens.refused(grant, because: fault.error)
            }
            if fault.error.code == .rateLimited, let pacer { throw await pacer.timed(fault.error) }
            throw fault.error
        }
        await tokens.accepted(grant)
        let judgement = SPEVerdictRule.judge(answer, size: source.size, redaction: reply.redaction)
        do throws(UploadSourceError) {
            let digest = try await source.finish()
            // That nothing was scanned may be said of a file that nobody has read.
            guard !reply.cameBeforeFile || judgement.verdict == .notScanned else { throw .notSentWhole }
            return ScanOutcome(judgement: judgement, digest: digest, traceID: reply.traceID ?? traceID)
        } catch {
            return try Self.unfinished(error, judgement, traceID)
        }
    }

    /// The answer stands, but not for the file: only an infection is believed.
    static func unfinished(
        _ error: UploadSourceError,
        _ judgement: Judgement,
        _ traceID: String?
    ) throws(AntivirusError) -> ScanOutcome {
        if judgement.verdict == .infected { return ScanOutcome(judgement: judgement, digest: nil, traceID: traceID) }
        if error == .changedDuringScan { return changed(traceID) }
        throw AntivirusError(.source(error))
    }

    static func changed(_ traceID: String?) -> ScanOutcome {
        var outcome = ScanOutcome.changedDuringScan
        outcome.traceID = traceID
        return outcome
    }

    static func tokens(rejectedBy fault: UpstreamFault) -> [TokenName]? {
        switch fault.rejection {
        case .gicarToken?: [.gicar]
        case .speToken?: [.spe]
        case .unclear?: [.gicar, .spe]
        case .clientID?, nil: nil
        }
    }
}
