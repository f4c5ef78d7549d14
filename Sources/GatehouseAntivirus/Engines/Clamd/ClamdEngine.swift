// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// Scans with clamd: by a descriptor that it reads itself where both are on this host, else by a stream.
///
/// Descriptors go through a few sessions that many scans share (``ClamdSessions``); what does not fit there, each
/// stream, and all that goes to a clamd that takes no sessions (``ClamdSessionRecord``), has a connection of its own, so
/// there are no more of them than scans at once.
package struct ClamdEngine: ScanEngine {
    private let address: EngineAddress
    private let link: EngineLink
    private let definitions = ClamdDefinitions()
    /// Nil for a clamd to which no descriptor can be passed.
    private let sessions: ClamdSessions?

    package let isPlaintext: Bool

    /// A clamd at an address.
    package init(at address: EngineAddress, link: EngineLink) {
        self.address = address
        self.link = link
        isPlaintext = !address.isLocal
        if case .unix(let path) = address {
            sessions = ClamdSessions(at: .unix(path: path), loop: link.loop, spawner: link.spawner)
        } else {
            sessions = nil
        }
    }

    /// Has a file scanned; a caller's own descriptor goes to clamd where that moves no offset of the caller's.
    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        let known = await definitions(subject)
        do {
            guard let sessions, case .passed(let file) = subject.content else {
                return try await stream(subject, known)
            }
            return try await pass(file, in: sessions, for: subject, known)
        } catch {
            if error.code == .unreachable { await sessions?.lost() }
            throw error
        }
    }

    private func pass(
        _ file: PassedFile,
        in sessions: ClamdSessions,
        for subject: ScanSubject,
        _ definitions: String?
    ) async throws(AntivirusError) -> ScanOutcome {
        guard let handover = try await handover(of: file, for: subject) else {
            return try await stream(subject, definitions)
        }
        switch await sessions.scan(handover.file, until: subject.end) {
        case .reply(let reply): return try await outcome(of: reply, to: handover, for: subject, definitions)
        case .failed(let error): throw AntivirusError(error)
        case .notSent: return try await scanAlone(handover, for: subject, definitions)
        case .notTaken:
            // Whoever did not take the session may have read through the descriptor all the same: the offset is to be 0.
            guard handover.file !== file, let again = try await self.handover(of: file, for: subject) else {
                return try await stream(subject, definitions)
            }
            return try await scanAlone(again, for: subject, definitions)
        }
    }

    private func handover(
        of file: PassedFile,
        for subject: ScanSubject
    ) async throws(AntivirusError) -> FileHandover? {
        let handover: FileHandover?
        do {
            handover = try await FileHandover.open(file: file, user: subject.user, readers: subject.readers)
        } catch {
            throw AntivirusError(openingFailed: error)
        }
        guard let handover else { return nil }
        try subject.checkSize(handover.size)
        subject.progress?.begin(total: handover.size)
        return handover
    }

    private func scanAlone(
        _ handover: FileHandover,
        for subject: ScanSubject,
        _ definitions: String?
    ) async throws(AntivirusError) -> ScanOutcome {
        let request = Self.request(.fileDescriptor, passing: handover.file)
        let reply = try await link.reply(to: request, at: .plain(address), for: subject)
        return try await outcome(of: ClamdReply(reply, to: .fileDescriptor), to: handover, for: subject, definitions)
    }

    private func outcome(
        of reply: ClamdReply,
        to handover: FileHandover,
        for subject: ScanSubject,
        _ definitions: String?
    ) async throws(AntivirusError) -> ScanOutcome {
        let judgement = try ClamdVerdictRule.judge(reply, definitions: definitions)
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
