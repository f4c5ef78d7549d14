// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseWire

/// Which Security Center is meant, and the secondary servers on the way.
struct RouteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The Security Center's name in the daemon's configuration; needed where there are several.",
            valueName: "name"
        )
    )
    var serverName: String?

    @Option(
        help: ArgumentHelp(
            "The secondary servers on the way, the one below the primary first: numbers with commas, or repeated.",
            valueName: "number,..."
        )
    )
    var via: [ServerNumbers] = []

    /// The numbers of all `--via` in their order.
    var numbers: [Int64] { via.flatMap(\.numbers) }

    /// Whether nothing was said, so that an open gateway's own route holds.
    var isEmpty: Bool { serverName == nil && via.isEmpty }

    /// The members `server` and `via` of a request, the latter with a further server at its end.
    func members(last: Int64? = nil) -> JSONObject {
        var object = JSONObject()
        object["server"] = serverName.map { .string($0) }
        let numbers = numbers + (last.map { [$0] } ?? [])
        if !numbers.isEmpty { object["via"] = .array(numbers.map { .number(JSONNumber($0)) }) }
        return object
    }
}
