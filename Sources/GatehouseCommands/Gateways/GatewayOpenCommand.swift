// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehouseClient
import GatehouseWire

/// `gatehouse gateway open`.
package struct GatewayOpenCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Open a gateway and print its handle.",
        usage: """
            gatehouse gateway open (--agent <id-or-name> | --secondary <number> | --secondary-instance <id>) \
            [--via <number,...>] [<options>]
            """,
        discussion: """
            Standard output has the handle alone; standard error says where it leads.

            Examples:
              gatehouse gateway open --agent web-7
              gatehouse gateway open --agent 4328e16g-8a3f-4f1c-9d02-1f2e3d4c5b6a --via 3,1
              gatehouse gateway open --agent web-7 --component KES/11.0.0.0/connector --idle-timeout 60
              gatehouse gateway open --secondary 3 --binding connection
            """
    )

    /// What a gateway lives in; the words are those of `GatewayBinding`.
    enum Binding: String, CaseIterable, ExpressibleByArgument {
        case session
        case connection
    }

    @OptionGroup var targetOptions: TargetOptions

    @OptionGroup var routeOptions: RouteOptions

    @Option(
        help: ArgumentHelp(
            "session: it is opened anew where its session is lost. connection: it ends with its one connection.",
            valueName: "kind"
        )
    )
    var binding: Binding?

    @Option(
        help: ArgumentHelp(
            "Close it when it was not used for so long (1 to 86400); 900 otherwise.",
            valueName: "seconds"
        )
    )
    var idleTimeout: Int64?

    @Flag(help: "Print the daemon's own object on one line, and errors likewise.")
    var json = false

    @OptionGroup var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func validate() throws {
        guard targetOptions.count == 1 else {
            throw ValidationError("Name one of --agent, --secondary and --secondary-instance.")
        }
        if let idleTimeout, !(1...86_400).contains(idleTimeout) {
            throw ValidationError("--idle-timeout must be between 1 and 86400 seconds.")
        }
    }

    package func run() throws {
        var calls = try DaemonCalls(socketOptions, isJSON: json)
        var request = routeOptions.members()
        request["target"] = try targetOptions.target(routeOptions, &calls)
        request["binding"] = binding.map { .string($0.rawValue) }
        request["idleTimeoutSeconds"] = idleTimeout.map { .number(JSONNumber($0)) }
        let result = try calls.call(PrepareGateway.name, .object(request))
        guard let handle = result["gateway"]?.string else {
            throw calls.report(.client(.protocolViolation(reason: "a gateway without a handle")))
        }
        var output = OutputStream()
        output.writeLine(json ? result.visibleText : VisibleText.of(handle))
        output.flush()
        if output.failure != nil {
            // Nobody has its handle.
            _ = try? calls.result(
                CloseGateway.name,
                ["gateway": .string(handle)],
                usual: DaemonCalls.usualDeadline
            )
        } else if !json {
            Diagnostics.write(Self.summary(result))
        }
        try output.finish()
    }

    private static func summary(_ result: JSONValue) -> String {
        let idle = (result["idleTimeoutSeconds"] ?? .null).readable
        let binding = (result["binding"] ?? .null).readable
        let route = RouteText.of(result["route"] ?? .null)
        return VisibleText.of("opened \(route), bound to a \(binding), closed when not used for \(idle) s")
    }
}
