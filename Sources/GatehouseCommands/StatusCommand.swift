// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
package import GatehouseWire

/// `gatehouse status`.
package struct StatusCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the daemon's version, uptime, counts and limits."
    )

    @Flag(help: "Print the daemon's own object.")
    var json = false

    @OptionGroup var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        let result = try socketOptions.call(Status.name, [:])
        var output = OutputStream()
        for line in json ? [result.visibleText] : Self.lines(result) { output.writeLine(line) }
        try output.finish()
    }

    /// One line for each member, one for each profile and each limit.
    package static func lines(_ status: JSONValue) -> [String] {
        var table = Table()
        for (name, value) in status.object?.members ?? [] {
            switch (name, value) {
            case (_, .array(let elements)):
                for element in elements { table.add([name, element.readable]) }
            case ("limits", .object(let limits)):
                for (limit, value) in limits.members { table.add([name, "\(limit) \(value.readable)"]) }
            default: table.add([name, value.readable])
            }
        }
        return table.lines
    }
}
