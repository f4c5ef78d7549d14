// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer
import GatehouseTransfer
import GatehouseWire

/// `scanFile`: a file that the caller passes goes to the profile's engine, and its verdict comes back.
struct ScanFileMethod: Method {
    let schema = ScanFile.schema
    let profiles: Profiles
    let readers: ReaderThreads
    let uploads: UploadSlots
    let counts: ScanCounts
    let running: RunningScans
    let time: any TimeSource

    var defaultDeadline: Duration { .seconds(120) }
    var reachesUpstream: Bool { true }

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let parameters = try ScanFile.Parameters(json: call.parameters)
        let profile = try profiles.find(parameters.profile)
        guard case .ready(let scanner, _) = profile.state else {
            if case .unavailable(let error) = profile.state { throw error }
            throw APIError(.configuration)
        }
        let scan = Scan(
            method: self,
            call: call.withoutContent,
            profile: profile,
            scanner: scanner,
            name: parameters.name ?? "upload"
        )
        let file = try file(parameters.file, call)
        let work: @Sendable () async throws(APIError) -> JSONValue = { () async throws(APIError) -> JSONValue in
            try await scan.run(file)
        }
        guard case .chunks(let buffer) = file else { return .waiting(work) }
        return .receiving(buffer, work)
    }

    private func file(_ source: ScanFile.Source, _ call: MethodCall) throws(APIError) -> Scan.File {
        switch source {
        case .descriptor(let index):
            guard call.files.indices.contains(index) else { throw APIError(.descriptorMismatch) }
            return .passed(call.files[index])
        case .content(let text):
            guard let bytes = Base64.decode(text) else {
                let violation = Violation(path: "/file/content", rule: "format", message: "must be base64 with padding")
                throw APIError(
                    .invalidParams,
                    "params/file/content: must be base64 with padding",
                    violations: [violation]
                )
            }
            return .content(bytes)
        case .path: throw APIError(.passADescriptor)
        case .chunks: return .chunks(ChunkBuffer())
        }
    }
}

/// One scan from the open file to the verdict object.
private struct Scan: Sendable {
    enum File: Sendable {
        case passed(PassedFile)
        case content([UInt8])
        case chunks(ChunkBuffer)
    }

    let method: ScanFileMethod
    let call: MethodCall
    let profile: Profiles.Profile
    let scanner: FileScanner
    let name: String

    func run(_ file: File) async throws(APIError) -> JSONValue {
        let id = call.requestID.text
        let calendar = Calendar(now: method.time.now, unixTime: method.time.unixTime)
        method.running.began(
            id,
            profile: profile.name,
            user: call.peer.user,
            at: calendar.timestamp(call.receivedAt)
        )
        do throws(AntivirusError) {
            // An upload of which nothing has come holds no slot and no connection.
            if case .chunks(let buffer) = file, await !buffer.waitForFirst() {
                throw AntivirusError(.cancelled, "cancelled")
            }
            let outcome = try await method.uploads.run(user: call.peer.user) { () async throws(AntivirusError) in
                try await scanner.scan(
                    try await source(file).within(call.permit).reporting(to: progress(of: file)),
                    fileName: name,
                    traceID: call.requestID.text,
                    deadline: call.deadline
                )
            }
            let verdict = verdict(outcome)
            method.counts.count(verdict.verdict)
            method.running.ended(id, verdict.verdict.rawValue, size: verdict.size)
            return verdict.json
        } catch {
            method.counts.countFailure()
            let failure = APIError(error)
            method.running.ended(id, failure.kind.rawValue, size: nil)
            throw failure
        }
    }

    private func progress(of file: File) -> UploadProgress? {
        // A caller that sends chunks is told the same whether its last one had come by then or not.
        let tellsTotal = if case .chunks = file { false } else { true }
        let (report, running, id) = (call.progress, method.running, call.requestID.text)
        return UploadProgress(time: method.time) { done, total in
            running.sent(id, done, of: tellsTotal ? total : nil)
            report?(done, tellsTotal ? total : nil, "bytes")
        }
    }

    private func source(_ file: File) async throws(AntivirusError) -> UploadSource {
        switch file {
        case .content(let bytes): return UploadSource(bytes: bytes)
        case .chunks(let buffer): return UploadSource(chunks: buffer)
        case .passed(let file):
            do {
                return try await UploadSource.open(file: file, user: call.peer.user, readers: method.readers)
            } catch {
                throw AntivirusError(openingFailed: error)
            }
        }
    }

    private func verdict(_ outcome: FileScanner.Outcome) -> VerdictObject {
        let judgement = outcome.judgement
        let verdict: Verdict =
            switch judgement.verdict {
            case .clean: .clean
            case .infected: .infected
            case .notScanned: .notScanned
            }
        return VerdictObject(
            verdict: verdict,
            reason: judgement.reason,
            scanStatus: judgement.scanStatus,
            fileScanned: judgement.fileScanned,
            fileStatus: judgement.fileStatus,
            totalInfections: judgement.totalInfections,
            bytesScanned: judgement.bytesScanned,
            totalFilesScanned: judgement.totalFilesScanned,
            threats: judgement.threats.map {
                Threat(name: $0.name, id: $0.id, category: $0.category, file: $0.file, disposition: $0.disposition)
            },
            sha256: outcome.digest?.sha256,
            size: outcome.digest?.size,
            engine: EngineReport(
                profile: profile.name,
                kind: profile.engine,
                definitions: judgement.definitions,
                plaintext: false
            ),
            requestID: call.requestID.text,
            traceID: outcome.traceID,
            elapsedMilliseconds: (method.time.now - call.receivedAt).wholeMilliseconds,
            upstream: judgement.verdict == .clean ? nil : judgement.raw.map { .object($0) }
        )
    }
}
