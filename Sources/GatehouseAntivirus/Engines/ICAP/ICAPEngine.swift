// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// Scans with an ICAP server (RFC 3507): each file as the body of a response to modify, on a connection of its own.
package struct ICAPEngine: ScanEngine {
    private let route: EngineRoute
    private let service: String
    private let link: EngineLink
    private let line: EngineLine
    private let record = Locked(ICAPOptionsRecord())

    /// How long the answer to OPTIONS is waited for; a caller's patience is halved for it at most.
    private static let patience = Duration.seconds(5)

    package var isPlaintext: Bool { route.isPlaintext }

    /// The service of that absolute name, such as `icap://localhost:1344/AVSCAN`, on a server.
    package init(_ service: String, by route: EngineRoute, link: EngineLink) {
        self.service = service
        self.route = route
        self.link = link
        line = EngineLine(loop: link.loop, spawner: link.spawner)
    }

    /// Has a file scanned.
    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        let options = try await options(subject)
        guard options?.takesResponses ?? true else {
            throw AntivirusError(
                .refused,
                "the ICAP service takes no responses (RESPMOD)",
                upstream: UpstreamAnswer(name: "icap")
            )
        }
        if case .chunks(let buffer) = subject.content, let preview = options?.longestPreview {
            // A file of unknown size must not end within the preview, which has to be shorter than the file.
            guard await buffer.waitForSize(orBytes: Int64(preview) + 1) else {
                throw AntivirusError.cancelled
            }
        }
        try await line.enter(
            FairPlace(user: subject.user, connection: subject.connection),
            limit: options?.maximumConnections
        )
        do {
            let outcome = try await scan(subject, options)
            await line.leave()
            return outcome
        } catch {
            await line.leave()
            throw error
        }
    }

    private func scan(
        _ subject: ScanSubject,
        _ options: ICAPOptions?
    ) async throws(AntivirusError) -> ScanOutcome {
        let source = try await subject.upload()
        let allows204 = options?.allows204 ?? true
        let preview = options?.preview(of: source.size)
        let request = EngineRequest(
            opening: ICAPRequest.head(
                service: service,
                fileName: subject.fileName,
                allows204: allows204,
                preview: preview
            ),
            body: EngineRequest.Body(source: source, framing: .chunked, preview: preview),
            replyEnd: .emptyLine,
            replyLimit: ICAPReply.limit
        )
        return try await link.outcome(of: request, source, at: route, for: subject) {
            reply throws(AntivirusError) in
            try ICAPVerdictRule.judge(reply, allowed204: allows204, knownTag: options?.tag)
        }
    }

    // MARK: Options

    /// What is known of the service; asks it first where that is nothing, or too old.
    private func options(_ subject: ScanSubject) async throws(AntivirusError) -> ICAPOptions? {
        switch record.withLock({ $0.current(at: link.time.now) }) {
        case .options(let options): return options
        case .ask: break
        }
        do {
            let reply = try await ask(subject)
            return note(ICAPOptionsRecord.Answer(reply))
        } catch {
            switch error {
            case .timedOut, .source:
                // A busy service is what it was. One of which nothing is known might pass files over, and nobody would
                // see it.
                if let options = note(.none) { return options }
                _ = note(.notAsked)
                throw AntivirusError(error)
            case .unreachable, .unknownHost, .encryption, .cancelled:
                _ = note(.notAsked)
                throw AntivirusError(error)
            }
        }
    }

    private func ask(_ subject: ScanSubject) async throws(EngineConnectionError) -> EngineReply {
        let now = link.time.now
        let request = EngineRequest(
            opening: ICAPRequest.options(service: service),
            replyEnd: .emptyLine,
            replyLimit: ICAPReply.limit
        )
        let left = max(subject.deadline - now, .zero)
        return try await link.reply(
            to: request,
            at: route,
            readers: subject.readers,
            until: now + min(Self.patience, left / 2)
        )
    }

    private func note(_ answer: ICAPOptionsRecord.Answer) -> ICAPOptions? {
        record.withLock { $0.answered(answer, at: link.time.now) }
    }
}
