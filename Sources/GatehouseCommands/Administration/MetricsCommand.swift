// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehouseWire

/// `gatehouse metrics`.
package struct MetricsCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print the daemon's counters as text for Prometheus."
    )

    @Flag(help: "Print the daemon's own object.")
    var json = false

    @OptionGroup var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        let result = try socketOptions.call(Metrics.name, [:])
        var output = OutputStream()
        if json {
            output.writeLine(result.visibleText)
        } else {
            for line in (result["text"]?.string ?? "").split(separator: "\n") { output.writeLine(String(line)) }
        }
        try output.finish()
    }
}
