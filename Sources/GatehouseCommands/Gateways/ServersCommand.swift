// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
package import GatehouseWire

/// `gatehouse servers`.
package struct ServersCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "servers",
        abstract: "Show the secondary servers of a Security Center.",
        discussion: """
            The numbers are what --via and --secondary take; each is that of a server on the one above it.

            Examples:
              gatehouse servers
              gatehouse servers --via 3
            """
    )

    @OptionGroup var routeOptions: RouteOptions

    @Flag(help: "Print the daemon's own object on one line, and errors likewise.")
    var json = false

    @OptionGroup var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        var calls = try DaemonCalls(socketOptions, isJSON: json)
        let result = try calls.call(ListSecondaries.name, .object(routeOptions.members()))
        var output = OutputStream()
        for line in json ? [result.visibleText] : Self.lines(result) { output.writeLine(line) }
        try output.finish()
    }

    /// One line for each server.
    package static func lines(_ result: JSONValue) -> [String] {
        var table = Table(["NUMBER", "NAME", "ADDRESS", "CONNECTED", "VERSION", "LAST CONNECTED", "INSTANCE"])
        let names = ["id", "displayName", "address", "active", "version", "lastConnectedAt", "instanceId"]
        for server in result["secondaries"]?.array ?? [] {
            table.add(names.map { (server[$0] ?? .null).readable })
        }
        return table.lines
    }
}
