// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseServer

/// The line of `systemctl status` that says how the daemon is.
enum StatusLine {
    /// The most names of what cannot work; a line is no list.
    private static let namesShown = 4

    static func text(_ server: ServerCounts, _ upstream: UpstreamWork) -> String {
        if let fault = upstream.fault { return "cannot serve: \(fault)" }
        let parts = [
            count(server.open, "connection", "connections"),
            count(server.inFlight, "request in flight", "requests in flight"),
            count(upstream.gateways, "gateway open", "gateways open"),
        ]
        let work = parts.joined(separator: ", ")
        guard !upstream.outOfService.isEmpty else { return work }
        let shown = upstream.outOfService.prefix(namesShown)
        let more = upstream.outOfService.count - shown.count
        return "\(work); cannot work: \(shown.joined(separator: ", "))" + (more > 0 ? " and \(more) more" : "")
    }

    /// What a daemon that ends still waits for.
    static func stopping(_ server: ServerCounts) -> String {
        "stopping: \(count(server.inFlight, "request in flight", "requests in flight"))"
    }

    private static func count(_ number: Int, _ one: String, _ many: String) -> String {
        number == 1 ? "1 \(one)" : "\(max(number, 0)) \(many)"
    }
}
