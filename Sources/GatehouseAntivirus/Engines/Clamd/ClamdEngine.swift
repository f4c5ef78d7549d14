// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// Scans with clamd: by a descriptor that it reads itself where both are on this host, else by a stream.
///
/// Each scan has a connection of its own, so there are no more of them than scans at once.
package struct ClamdEngine: ScanEngine {
    private let address: EngineAddress
    private let link: EngineLink
    private let definitions = ClamdDefinitions()

    package let isPlaintext: Bool

    /// A clamd at an address.
    package init(at address: EngineAddress, link: EngineLink) {
        self.address = address
        self.link = link
        isPlaintext = !address.isLocal
    }

    /// Has a file scanned; a caller's own descriptor goes to clamd where that moves no offset of the caller's.
    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        let known = await definitions(subject)
        if case .unix = address, case .passed(let file) = subject.content {
            let handover: FileHandover?
            do {
                handover = try await FileHandover.open(file: file, user: subject.user, readers: subject.readers)
            } catch {
                throw AntivirusError(openingFailed: error)
            }
            if let handover {
                try subject.checkSize(handover.size)
                return try await scan(handover, for: subject, known)
            }
        }
        return try await stream(subject, known)
    }

    private func scan(
        _ handover: FileHandover,
        for subject: ScanSubject,
        _ definitions: String?
    ) async throws(AntivirusError) -> ScanOutcome {
        subject.progress?.begin(total: handover.size)
        let reply = try await link.reply(
            to: Self.request(.fileDescriptor, passing: handover.file),
            at: .plain(address),
            for: subject
        )
        let judgement = try ClamdVerdictRule.judge(
            ClamdReply(reply, to: .fileDescriptor),
            definitions: definitions
        )
        let isUnchanged: Bool
        do {
            isUnchanged = try await handover.isUnchanged()
        } catch {
            guard judgement.verdict != .infected else { return ScanOutcome(judgement: judgement, size: handover.size) }
            throw AntivirusError(openingFailed: error)
        }
        // What was found was there; that nothing was found says nothing of what the file is now.
        guard isUnchanged || judgement.verdict == .infected else { return .changedDuringScan }
        subject.progress?.sent(Int(clamping: handover.size), total: handover.size)
        subject.progress?.end(total: handover.size)
        return ScanOutcome(judgement: judgement, size: handover.size)
    }

    private func stream(
        _ subject: ScanSubject,
        _ definitions: String?
    ) async throws(AntivirusError) -> ScanOutcome {
        let source = try await subject.upload()
        var request = Self.request(.stream)
        request.body = EngineRequest.Body(source: source, framing: .lengthPrefixed)
        return try await link.outcome(of: request, source, at: .plain(address), for: subject) {
            reply throws(AntivirusError) in
            try ClamdVerdictRule.judge(ClamdReply(reply, to: .stream), definitions: definitions)
        }
    }

    /// What is known of clamd's definitions; asks for them in the background when that is old, and first when nothing is
    /// known that still counts.
    private func definitions(_ subject: ScanSubject) async -> String? {
        switch definitions.current(at: link.time.now) {
        case .fresh(let text): return text
        case .old(let text):
            let readers = subject.readers
            link.spawner.spawn { await askForDefinitions(readers, patience: .seconds(10)) }
            return text
        case .unknown:
            let left = max(subject.deadline - link.time.now, .zero)
            await askForDefinitions(subject.readers, patience: min(.seconds(1), left))
            return definitions.text(at: link.time.now)
        }
    }

    private func askForDefinitions(_ readers: ReaderThreads, patience: Duration) async {
        let reply = try? await link.reply(
            to: Self.request(.version),
            at: .plain(address),
            readers: readers,
            until: link.time.now + patience
        )
        definitions.answered(reply.map { ClamdVersion.definitions($0) }, at: link.time.now)
    }

    private static func request(_ command: ClamdCommand, passing file: PassedFile? = nil) -> EngineRequest {
        EngineRequest(
            opening: command.bytes,
            passing: file,
            replyEnd: .closed,
            replyLimit: ClamdReply.limit
        )
    }
}
