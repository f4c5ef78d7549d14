// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehouseClient
import GatehouseWire

/// `gatehouse gateway close`.
package struct GatewayCloseCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "close",
        abstract: "Close gateways, on the Security Center too.",
        discussion: """
            Examples:
              gatehouse gateway close "$gateway"
              gatehouse gateway close --all
            """
    )

    @Argument(help: ArgumentHelp("The gateways to close.", valueName: "handle"))
    var handles: [String] = []

    @Flag(help: "Close all gateways of this user.")
    var all = false

    @Flag(help: "Print one JSON object a line for each gateway.")
    var json = false

    @OptionGroup var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func validate() throws {
        guard all != !handles.isEmpty else { throw ValidationError("Name the gateways to close, or --all.") }
    }

    package func run() throws {
        var calls = try DaemonCalls(socketOptions, isJSON: json)
        var output = OutputStream()
        var status = ExitStatus.done
        for handle in all ? try Self.open(&calls) : handles {
            var line: JSONValue = ["gateway": .string(handle)]
            var isConnected = true
            do throws(CommandFault) {
                let result = try calls.result(CloseGateway.name, line, usual: DaemonCalls.usualDeadline)
                line = line.setting("result", result)
            } catch {
                status = .failed
                if case .client = error { isConnected = false }
                line = line.setting("error", error.object)
                if !json {
                    Diagnostics.write("\(VisibleText.of(handle)) was not closed:")
                    error.write(isJSON: false)
                }
            }
            if json { output.writeLine(line.visibleText) }
            guard isConnected else { break }
        }
        try output.finish(status)
    }

    private static func open(_ calls: inout DaemonCalls) throws -> [String] {
        let gateways = try calls.call(ListGateways.name, [:], usual: DaemonCalls.usualDeadline)["gateways"]?.array ?? []
        return gateways.filter { $0["state"] != "closed" }.compactMap { $0["gateway"]?.string }
    }
}
