// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
package import GatehouseWire

/// `gatehouse gateway list`.
package struct GatewayListCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show this user's open gateways.",
        discussion: "Example:\n  gatehouse gateway list"
    )

    @Flag(help: "Print the daemon's own object on one line, and errors likewise.")
    var json = false

    @OptionGroup var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        var calls = try DaemonCalls(socketOptions, isJSON: json)
        let result = try calls.call(ListGateways.name, [:], usual: DaemonCalls.usualDeadline)
        var output = OutputStream()
        for line in json ? [result.visibleText] : Self.lines(result) { output.writeLine(line) }
        try output.finish()
    }

    /// One line for each gateway.
    package static func lines(_ result: JSONValue) -> [String] {
        var table = Table([
            "GATEWAY", "STATE", "BINDING", "GENERATION", "CALLS", "IDLE TIME", "OPENED", "LAST USED", "ROUTE",
        ])
        for gateway in result["gateways"]?.array ?? [] {
            let names = ["gateway", "state", "binding", "generation", "callsInFlight"]
            let idle = gateway["idleTimeoutSeconds"]?.integer.map { "\($0) s" } ?? "-"
            table.add(
                names.map { (gateway[$0] ?? .null).readable } + [
                    idle, (gateway["openedAt"] ?? .null).readable, (gateway["lastUsedAt"] ?? .null).readable,
                    RouteText.of(gateway["route"] ?? .null),
                ]
            )
        }
        return table.lines
    }
}
