// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer

/// `metrics`: what `status` and `tokenStatus` count, as text for Prometheus.
struct MetricsMethod: Method {
    var name: String { Metrics.name }
    var schema: MethodSchema { Metrics.schema }
    let profiles: Profiles
    let centers: SecurityCenters
    let lasting: Lasting
    let log: LogQueue
    let time: any TimeSource

    var isServedWhileDraining: Bool { true }

    func invoke(_ call: GatehouseServer.MethodCall) throws(APIError) -> Invocation {
        var text = MetricsText()
        text.add("info", "Which daemon this is.", .gauge, [([("version", gatehouseVersion)], 1)])
        text.add(
            "uptime_seconds",
            "Seconds since the start.",
            .gauge,
            [([], (time.now - lasting.startedAt).wholeMilliseconds / 1000)]
        )
        addServer(&text)
        addScans(&text)
        addTokens(&text)
        // The pool lives on the loop, where this runs.
        let gateways = centers.pool.assumeIsolated { $0.gatewayCount }
        text.add("gateways_open", "Gateways that are open.", .gauge, [([], Int64(gateways))])
        return .finished(Metrics.Result(contentType: MetricsText.mediaType, text: text.text).json)
    }

    private func addServer(_ text: inout MetricsText) {
        let counts = lasting.server.counts
        text.add("connections_open", "Connections that are open.", .gauge, [([], Int64(counts.open))])
        text.add(
            "connections_total",
            "Connections by whether they were accepted or over a limit.",
            .counter,
            [([("outcome", "accepted")], Int64(counts.accepted)), ([("outcome", "refused")], Int64(counts.refused))]
        )
        text.add("requests_in_flight", "Requests that wait for their answer.", .gauge, [([], Int64(counts.inFlight))])
        let ends = lasting.requests.values.map { end, count in
            ([("method", end.method), ("outcome", end.failure?.rawValue ?? "done")], Int64(count))
        }
        text.add("requests_total", "Answered requests by method and outcome.", .counter, ends)
        let lost = Int64(lasting.requests.lostRecords)
        text.add("audit_records_lost_total", "Records of the audit that could not be queued.", .counter, [([], lost)])
        text.add(
            "log_records_lost_total",
            "Records of log and audit that were lost.",
            .counter,
            [([], log.status.lost)]
        )
    }

    private func addScans(_ text: inout MetricsText) {
        let scans = lasting.scans.current
        text.add(
            "scans_total",
            "Scans by verdict.",
            .counter,
            [
                ([("verdict", "clean")], scans.clean), ([("verdict", "infected")], scans.infected),
                ([("verdict", "notScanned")], scans.notScanned),
            ]
        )
        text.add("scans_failed_total", "Scans without a verdict.", .counter, [([], scans.failed)])
    }

    private func addTokens(_ text: inout MetricsText) {
        var valid: [MetricsText.Sample] = []
        var failures: [MetricsText.Sample] = []
        for profile in profiles.all {
            guard let source = profile.tokens else { continue }
            for token in source.assumeIsolated({ $0.snapshot() }) {
                let labels = [("profile", profile.name), ("token", token.token.rawValue)]
                valid.append((labels, token.state == .valid ? 1 : 0))
                failures.append((labels, Int64(token.consecutiveFailures)))
            }
        }
        text.add("token_valid", "Whether there is a token that is handed out.", .gauge, valid)
        text.add("token_failures", "Failed renewals since the last one that succeeded.", .gauge, failures)
    }
}
