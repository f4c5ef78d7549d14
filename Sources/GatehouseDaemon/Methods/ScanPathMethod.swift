// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer
import GatehouseWire

/// `scanPath`: the engine reads a file of a shared folder itself, and its verdict comes back.
struct ScanPathMethod: Method {
    var name: String { ScanPath.name }
    var schema: MethodSchema { ScanPath.schema }
    let profiles: Profiles
    /// The same as for uploads: a scan by path takes the engine as much.
    let uploads: ProfileUploads
    let counts: ScanCounts
    let running: RunningScans
    let time: any TimeSource

    var defaultDeadline: Duration { .seconds(120) }
    var reachesUpstream: Bool { true }
    var auditedParameters: KeyValuePairs<String, AuditDetail> { ["filePath": .path] }

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let target = try Target(call, profiles)
        let call = call.withoutContent
        return .waiting { () async throws(APIError) in try await run(call, target) }
    }

    private func run(_ call: MethodCall, _ target: Target) async throws(APIError) -> JSONValue {
        let id = call.requestID.text
        let startedAt = Calendar(time).timestamp(call.receivedAt)
        running.began(id, profile: target.profile.name, user: call.peer.user, at: startedAt)
        do throws(AntivirusError) {
            let request = ScanAdmission.Request(
                user: call.peer.user,
                connection: call.connectionNumber,
                deadline: call.deadline
            )
            let slots = uploads.slots(of: target.profile.name)
            let admission = ScanAdmission(slots, target.engine.pacer, time)
            let outcome = try await admission.run(request) { (permit) async throws(AntivirusError) in
                try await target.engine.scan(target.path, traceID: id, deadline: call.deadline, permit: permit)
            }
            let verdict = VerdictObject(
                outcome,
                by: target.profile,
                isPlaintext: false,
                requestID: call.requestID,
                elapsed: time.now - call.receivedAt
            )
            counts.count(verdict.verdict)
            running.ended(id, verdict.verdict.rawValue, size: nil)
            return verdict.json
        } catch {
            counts.countFailure()
            let failure = APIError(error)
            running.ended(id, failure.kind.rawValue, size: nil)
            throw failure
        }
    }
}

extension ScanPathMethod {
    /// What a call is about, before anything is done: the profile, and the file as the engine is told it.
    ///
    /// What decides over callers' shared folders has to look at `path`, and not at the text that came.
    struct Target: Sendable {
        let profile: Profiles.Profile
        let engine: any PathScanEngine
        let path: SharedPath

        init(_ call: MethodCall, _ profiles: Profiles) throws(APIError) {
            let parameters = try ScanPath.Parameters(json: call.parameters)
            profile = try profiles.find(parameters.profile)
            guard let paths = try profile.scanner().paths, let path = paths.folders.resolve(parameters.filePath) else {
                throw APIError(.pathNotShared)
            }
            self.engine = paths
            self.path = path
        }
    }
}
