// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer
import GatehouseTransfer
import GatehouseWire

/// `scanFile`: a file that the caller passes goes to the profile's engine, and its verdict comes back.
struct ScanFileMethod: Method {
    var name: String { ScanFile.name }
    var schema: MethodSchema { ScanFile.schema }
    let profiles: Profiles
    let readers: ReaderThreads
    let counts: ScanCounts
    let running: RunningScans
    let time: any TimeSource

    var defaultDeadline: Duration { .seconds(120) }
    var reachesUpstream: Bool { true }
    var auditedParameters: KeyValuePairs<String, AuditDetail> { ["name": .name] }

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let parameters = try ScanFile.Parameters(json: call.parameters)
        let profile = try profiles.find(parameters.profile)
        let engine = try profile.scanner()
        let scan = Scan(
            method: self,
            call: call.withoutContent,
            profile: profile,
            engine: engine,
            name: parameters.name ?? "upload"
        )
        let file = try file(parameters.file, call)
        let work: @Sendable () async throws(APIError) -> JSONValue = { () async throws(APIError) -> JSONValue in
            try await scan.run(file)
        }
        guard case .chunks(let buffer) = file else { return .waiting(work) }
        return .receiving(buffer, work)
    }

    private func file(_ source: ScanFile.Source, _ call: MethodCall) throws(APIError) -> ScanSubject.Content {
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
            return .bytes(bytes)
        case .path: throw APIError(.passADescriptor)
        case .chunks: return .chunks(ChunkBuffer())
        }
    }
}

/// One scan from the open file to the verdict object.
private struct Scan: Sendable {
    let method: ScanFileMethod
    let call: MethodCall
    let profile: Profiles.Profile
    let engine: any ScanEngine
    let name: String

    func run(_ content: ScanSubject.Content) async throws(APIError) -> JSONValue {
        let id = call.requestID.text
        let calendar = Calendar(method.time)
        method.running.began(
            id,
            profile: profile.name,
            user: call.peer.user,
            at: calendar.timestamp(call.receivedAt)
        )
        do throws(AntivirusError) {
            // An upload of which nothing has come holds no slot and no connection.
            if case .chunks(let buffer) = content, await !buffer.waitForFirst() {
                throw AntivirusError.cancelled
            }
            let outcome = try await engine.scan(try await subject(content).within(call.permit))
            let verdict = VerdictObject(
                outcome,
                by: profile,
                isPlaintext: engine.isPlaintext,
                requestID: call.requestID,
                elapsed: method.time.now - call.receivedAt
            )
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

    private func progress(of content: ScanSubject.Content) -> UploadProgress? {
        // A caller that sends chunks is told the same whether its last one had come by then or not.
        let tellsTotal = if case .chunks = content { false } else { true }
        let (report, running, id) = (call.progress, method.running, call.requestID.text)
        return UploadProgress(time: method.time) { done, total in
            running.sent(id, done, of: tellsTotal ? total : nil)
            report?(done, tellsTotal ? total : nil, "bytes")
        }
    }

    private func subject(_ content: ScanSubject.Content) -> ScanSubject {
        ScanSubject(
            content: content,
            fileName: name,
            user: call.peer.user,
            readers: method.readers,
            traceID: call.requestID.text,
            deadline: call.deadline,
            progress: progress(of: content),
            connection: call.connectionNumber
        )
    }
}
