// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
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

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        try Self.ping(json: json) { try socketOptions.call(Ping.name, [:]) }
    }

    /// Runs `ping` and `ping --socket PATH`, the forms that health checks run again and again, without the parser.
    ///
    /// The parser costs more than all the rest of the program. False for any other command line, which is its affair.
    static func runPlain(_ arguments: [String]) throws -> Bool {
        guard arguments.first == "ping" else { return false }
        let socket: FilePath?
        switch arguments.count {
        case 1: socket = nil
        case 3 where arguments[1] == "--socket" && !arguments[2].hasPrefix("-"):
            socket = FilePath(argument: arguments[2])
        default: return false
        }
        try ping(json: false) { try SocketOptions.call(SocketOptions.path(socket), Ping.name, [:]) }
        return true
    }

    private static func ping(json: Bool, _ call: () throws -> JSONValue) throws {
        let time = SystemTime()
        let start = time.now
        let result = try call()
        let microseconds = (time.now - start).clampedNanoseconds / 1000
        guard result["pong"]?.bool == true else {
            throw SocketOptions.report(.protocolViolation(reason: "the answer to ping is none"))
        }
        let version = result["version"]?.string ?? "of an unknown version"
        var output = OutputStream()
        output.writeLine(
            json ? result.visibleText : "gatehoused \(VisibleText.of(version)) answered in \(microseconds) µs"
        )
        try output.finish()
    }
}
