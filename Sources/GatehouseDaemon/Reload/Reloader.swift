// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import Logging

/// Reads the configuration and its credentials again, and swaps what follows from them, on the loop.
///
/// Files are read on a thread of their own. A faulty configuration changes nothing. Calls that are in flight go on with
/// what they began with, since they hold it.
actor Reloader {
    private let path: String
    private let environment: [String: String]
    /// How many descriptors the process may have.
    private let descriptors: Int
    private let server: Server
    private let supervision: Supervision
    private let parts: ServiceParts
    private let pipeline: @Sendable (MethodTable) -> Pipeline
    private let log: Logger
    /// What is in force.
    private var table: MethodTable
    private var limits: Limits
    private var units: SystemdUnits?
    private var isReloading = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var waitingForTurn: [PendingResult<Outcome>] = []
    /// When the credentials were looked at last because some had been refused.
    private var lookedAt: Instant?

    private typealias Outcome = Result<Reload.Result, APIError>

    /// Calls that are refused come in any number; a file that was put right counts this much later at most.
    private static let lookInterval = Duration.seconds(2)

    nonisolated var unownedExecutor: UnownedSerialExecutor { parts.loop.asUnownedSerialExecutor() }

    init(
        path: String,
        environment: [String: String],
        descriptors: Int,
        server: Server,
        supervision: Supervision,
        parts: ServiceParts,
        table: MethodTable,
        limits: Limits,
        units: SystemdUnits?,
        log: Logger,
        pipeline: @escaping @Sendable (MethodTable) -> Pipeline
    ) {
        self.path = path
        self.environment = environment
        self.descriptors = descriptors
        self.server = server
        self.supervision = supervision
        self.parts = parts
        self.table = table
        self.limits = limits
        self.units = units
        self.log = log
        self.pipeline = pipeline
    }

    /// The gateways, which are ended before the daemon does; nil where there was never a usable configuration.
    var gateways: GatewayPool? { table.upstreams?.centers.pool }

    /// Goes on with the state of the last process; it is left in the store where the configuration is faulty.
    func startState() { parts.keepState(table.upstreams?.state, log) }

    /// What goes on towards the servers.
    var upstreamWork: UpstreamWork { table.upstreamWork }

    /// Whether a call still counts against a rate of the policy.
    var countsCalls: Bool { table.countsCalls }

    /// Reloads; one after the other, where several ask.
    ///
    /// Files may hang. Whoever is cancelled waits no longer; the reload goes on.
    func reload() async throws(APIError) -> Reload.Result {
        let result = PendingResult<Outcome>()
        if waitingForTurn.isEmpty { parts.spawner.spawn { await self.reloadInTurn() } }
        // One whose turn has not come reads what is there then: it is everybody's who asks until it has.
        waitingForTurn.append(result)
        guard let result = await result.value() else {
            throw APIError(.cancelled, isRetryable: true, outcome: .unknown)
        }
        return try result.get()
    }

    private func reloadInTurn() async {
        await begin()
        let callers = waitingForTurn
        waitingForTurn = []
        let outcome = await reloadNow()
        for caller in callers { caller.ended(with: outcome) }
    }

    private func reloadNow() async -> Outcome {
        supervision.reloading()
        defer {
            supervision.reloaded()
            end()
        }
        let (path, environment) = (path, environment)
        let read = await onThread { Self.read(path, environment) }
        do throws(APIError) {
            return .success(try take(try read.get().fitting(descriptors: descriptors)))
        } catch {
            log.error("the configuration was not reloaded", metadata: ["reason": "\(error.message)"])
            return .failure(error)
        }
    }

    private func begin() async {
        while isReloading { await withCheckedContinuation { waiting.append($0) } }
        isReloading = true
    }

    private func end() {
        isReloading = false
        let next = waiting
        waiting = []
        for continuation in next { continuation.resume() }
    }

    // MARK: Credentials

    /// The profiles that are in force; nil without a usable configuration.
    var profiles: Profiles? { table.upstreams?.profiles }

    /// Puts credentials in force that are others by now, with the configuration as it is: those of upstreams that refused
    /// what they got, and of these profiles.
    ///
    /// What works goes on as it does, whatever lies in its files by now: to change that takes a reload. False where the
    /// task was cancelled first; the look goes on.
    func takeChangedCredentials(ofProfiles profiles: Set<String>) async -> Bool {
        let result = PendingResult<Bool>()
        parts.spawner.spawn {
            await self.lookAtCredentials(ofProfiles: profiles)
            result.ended(with: true)
        }
        return await result.value() ?? false
    }

    private func lookAtCredentials(ofProfiles profiles: Set<String> = []) async {
        await begin()
        defer { end() }
        guard let upstreams = table.upstreams else { return }
        var refused = upstreams.refused
        refused.profiles.formUnion(profiles)
        guard refused != RefusedUpstreams() else { return }
        let (configured, wanted) = (upstreams.loaded, refused)
        guard let loaded = await onThread({ configured.takingChangedCredentials(of: wanted) }) else { return }
        do throws(APIError) {
            _ = try take(loaded)
        } catch {
            log.error("credentials that were put right were not taken", metadata: ["reason": "\(error.message)"])
        }
    }

    /// Looks whether credentials that were refused, or were missing, have been put right meanwhile.
    ///
    /// Called on the loop.
    nonisolated func credentialsWereRefused() {
        assumeIsolated { reloader in
            let now = reloader.parts.time.now
            if let last = reloader.lookedAt, now - last < Self.lookInterval { return }
            // One look at a time: a folder that hangs gathers no others behind it.
            guard !reloader.isReloading else { return }
            reloader.lookedAt = now
            reloader.parts.spawner.spawn { await self.lookAtCredentials() }
        }
    }

    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            do {
                try Thread.start("reload") { continuation.resume(returning: body()) }
            } catch {
                // Without a thread it is done here; a late answer to everybody is better than none to an operator.
                continuation.resume(returning: body())
            }
        }
    }

    private static func read(
        _ path: String,
        _ environment: [String: String]
    ) -> Result<Configuration.Loaded, APIError> {
        if let fault = CallerVisibility.fault() { return .failure(APIError(nothingChangedBy: [fault])) }
        switch Configuration.load(path: path, environment: environment) {
        case .failure(let faults): return .failure(APIError(nothingChangedBy: faults.faults))
        case .success(let loaded):
            let remembered = loaded.rememberingCredentials()
            let faults = remembered.credentialReport().faults
            guard !faults.isEmpty else { return .success(remembered) }
            guard loaded.credentials.origin == .systemd else { return .failure(APIError(nothingChangedBy: faults)) }
            return .failure(
                APIError(
                    .restartNeeded,
                    "nothing was changed: systemd loads credentials when it starts the daemon, and these are new or "
                        + "missing: " + faults.map(\.description).joined(separator: "; ")
                )
            )
        }
    }

    /// Puts a configuration in force.
    private func take(_ loaded: Configuration.Loaded) throws(APIError) -> Reload.Result {
        let changed = loaded.changes(from: table.upstreams?.loaded)
        let (limits, notLive) = self.limits.takingLive(loaded.configuration.limits)
        // What may fail comes first: from the new table on, nothing is as it was.
        if loaded.configuration.policy?.namesUnits == true, units == nil {
            do {
                units = try SystemdUnits(time: parts.time, log: log)
            } catch {
                throw APIError(.internal, "nothing was changed: \(error)")
            }
        }
        let next = MethodTable(.success(loaded), limits: limits, parts: parts, previous: table, log: log)
        table = next
        parts.keepState(next.upstreams?.state, log)
        self.limits = limits
        server.replace(pipeline(next), limits: ServerLimits(limits), units: next.namesUnits ? units : nil)
        var notices = loaded.notices + loaded.credentialReport().notices
        notices += notLive.map { "limits.\($0): takes effect when the daemon starts anew" }
        if loaded.credentials.origin == .systemd {
            notices.append(
                "credentials come from systemd, which loads them when it starts the daemon: restart it for others"
            )
        }
        for notice in notices { log.notice("\(notice)") }
        let live = changed.filter { change in !notLive.contains { "limits.\($0)" == change } }
        log.notice("the configuration was reloaded", metadata: ["changed": "\(live.joined(separator: " "))"])
        return Reload.Result(changed: live, notices: notices)
    }
}

extension APIError {
    /// Every fault of a configuration that was not taken.
    fileprivate init(nothingChangedBy faults: [ConfigurationFault]) {
        self.init(
            .configuration,
            "nothing was changed: " + faults.map(\.description).joined(separator: "; ")
        )
    }
}

extension Limits {
    /// These limits with what of others can be taken while the daemon runs, and the keys of what cannot.
    ///
    /// Threads, uploads and gateways have parts of the daemon that were made for their number.
    func takingLive(_ new: Limits) -> (limits: Limits, notLive: [String]) {
        let fixed = [
            "gateways", "gatewaysPerUid", "readerThreads", "readerThreadsPerUid", "uploads", "uploadsPerUid",
            "waitingScans",
        ]
        var limits = new
        var notLive: [String] = []
        for key in fixed {
            guard let path = Self.keys[key], self[keyPath: path] != new[keyPath: path] else { continue }
            limits[keyPath: path] = self[keyPath: path]
            notLive.append(key)
        }
        return (limits, notLive)
    }
}
