// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseClient
import GatehousePlatform
import GatehouseWire

/// `gatehouse ping`.
package struct PingCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ping",
        abstract: "Ask whether the daemon answers."
    )

    @Flag(help: "Print the daemon's own object.")
    var json = false

    @OptionGroup var socketOptions: SocketOptions

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        let time = SystemTime()
        let start = time.now
        let result = try socketOptions.call("ping", [:])
        let microseconds = (time.now - start).clampedNanoseconds / 1000
        guard result["pong"]?.bool == true else {
            throw SocketOptions.report(.protocolViolation(reason: "the answer to ping is none"))
        }
        let version = result["version"]?.string ?? "of an unknown version"
        var output = OutputStream()
        output.writeLine(json ? result.text : "gatehoused \(VisibleText.of(version)) answered in \(microseconds) µs")
        try output.finish()
    }
}
