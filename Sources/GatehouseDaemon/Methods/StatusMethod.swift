// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseServer
import Glibc

/// `status`: version, uptime, counts and limits.
struct StatusMethod: Method {
    var name: String { Status.name }
    var schema: MethodSchema { Status.schema }
    let isAudited = false
    let profiles: Profiles
    let limits: [String: Int64]
    let scans: ScanCounts
    let log: LogQueue
    let startedAt: Instant
    let time: any TimeSource
    /// The server's counts; it is made after its methods.
    let serverCounts: @Sendable () -> ServerCounts

    var isServedWhileDraining: Bool { true }

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let now = time.now
        let counts = serverCounts()
        let result = Status.Result(
            version: gatehouseVersion,
            startedAt: Calendar(now: now, unixTime: time.unixTime).timestamp(startedAt),
            uptimeSeconds: (now - startedAt).wholeMilliseconds / 1000,
            processID: Int64(getpid()),
            connections: Status.Connections(
                open: Int64(counts.open),
                accepted: Int64(counts.accepted),
                refused: Int64(counts.refused)
            ),
            // This very request is one more.
            requests: Status.Requests(
                inFlight: Int64(counts.inFlight + 1),
                total: Int64(counts.requests),
                failed: Int64(counts.failed)
            ),
            scans: scans.current,
            log: log.status,
            profiles: profiles.all.map {
                Status.Profile(profile: $0.name, engine: $0.engine, isDefault: $0.name == profiles.defaultName)
            },
            limits: limits
        )
        return .finished(result.json)
    }
}
