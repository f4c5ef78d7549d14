// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import GatehouseTransfer

/// Has SPE scan a file of the share: tokens, request, verdict, and one retry where that is safe.
package struct PathScanner: PathScanEngine {
    package let folders: SharedFolders
    private let client: AntivirusClient
    private let tokens: TokenSource
    private let time: any TimeSource

    /// Scans with one account.
    package init(client: AntivirusClient, tokens: TokenSource, folders: SharedFolders, time: any TimeSource) {
        self.client = client
        self.tokens = tokens
        self.folders = folders
        self.time = time
    }

    package var pacer: PlanPacer? { client.pacer }

    package func scan(
        _ path: SharedPath,
        traceID: String,
        deadline: Instant,
        permit: PlanPermit?
    ) async throws(AntivirusError) -> ScanOutcome {
        try await scan(path, size: nil, traceID: traceID, deadline: deadline, permit: permit)
    }

    /// The same for a file whose size is known: an engine that read less of it did not scan it.
    ///
    /// A request goes out once more for each token that was rejected, and once more after a kept connection turned out to
    /// be dead, as an upload does.
    func scan(
        _ path: SharedPath,
        size: Int64?,
        traceID: String,
        deadline: Instant,
        permit: PlanPermit? = nil
    ) async throws(AntivirusError) -> ScanOutcome {
        var renewed: Set<TokenName> = []
        var mayReconnect = true
        while true {
            let grant = try await tokens.acquire()
            try await pacer?.spend(permit)
            let reply: UpstreamReply
            do {
                reply = try await client.scan(
                    path,
                    grant,
                    traceID: traceID,
                    within: FileScanner.longestTransfer(until: deadline, now: time.now),
                    freshConnection: !mayReconnect
                )
            } catch {
                guard mayReconnect, error.isDeadConnection else {
                    throw AntivirusClient.failure(error, server: "apiConnect", traceID: traceID)
                }
                mayReconnect = false
                continue
            }
            if reply.isSuccess, let answer = reply.object {
                await tokens.accepted(grant)
                let judgement = SPEVerdictRule.judge(answer, size: size, redaction: reply.redaction)
                return ScanOutcome(judgement: judgement, digest: nil, traceID: reply.traceID ?? traceID)
            }
            let fault = UpstreamFault(reply, unixTime: time.unixTime, sentTraceID: traceID)
            if fault.error.code == .rateLimited, let pacer { throw await pacer.timed(fault.error) }
            if fault.rejection == .clientID { throw await tokens.refused(grant, because: fault.error) }
            guard let rejected = FileScanner.tokens(rejectedBy: fault) else { throw fault.error }
            await tokens.rejected(rejected, of: grant, because: fault.error)
            guard renewed.isDisjoint(with: rejected) else { throw fault.error }
            renewed.formUnion(rejected)
        }
    }
}
