// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehouseWire

/// `gatehouse call`.
package struct CallCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Call a method of a Network Agent or of a Security Center.",
        usage: """
            gatehouse call (--agent <id-or-name> | --secondary <number> | --gateway <handle> | --server) \
            [--via <number,...>] <Class.Method> [<name=value> ...] [<options>]
            """,
        discussion: """
            Arguments are written name=text or name:=JSON; name=@FILE and name:=@FILE take a file's content. JSON is \
            passed on as it is: a container in a container, a date or a 64-bit number needs the wrapper that the \
            Security Center's interface asks for.

            Examples:
              gatehouse call --agent web-7 --via 3 NagRdu.GetCurrentHostState --plain
              gatehouse call --gateway "$gateway" NagHstCtl.SendTaskAction \\
                szwProduct=KES szwVersion=11.0.0.0 szwTaskStorageId=17 nTaskAction:=5
              gatehouse call --agent web-7 NagRdu.RunKlnagchkAsync --await \\
                szwProductID=1103/1.0.0.0
              gatehouse call --agent web-7 NagHstCtl.GetHostRuntimeInfo \\
                pFilter:=@filter.json
              gatehouse call --server HostGroup.GetHostInfo \\
                strHostName="$id" 'pFields2Return:=["KLHST_WKS_DN"]'
            """
    )

    @OptionGroup var targetOptions: TargetOptions

    @Option(help: ArgumentHelp("An open gateway.", valueName: "handle"))
    var gateway: String?

    @Flag(help: "The Security Center itself, or the last server of --via.")
    var server = false

    @OptionGroup var routeOptions: RouteOptions

    @Argument(help: ArgumentHelp("The method to call.", valueName: "Class.Method"))
    var method: String

    @Argument(help: ArgumentHelp("The method's arguments.", valueName: "name=value"))
    var values: [FilePath] = []

    @OptionGroup var callOptions: CallOptions

    @Flag(help: "Print the daemon's own object on one line, and errors likewise.")
    var json = false

    @OptionGroup var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func validate() throws {
        let destinations = targetOptions.count + (gateway == nil ? 0 : 1) + (server ? 1 : 0)
        guard destinations == 1 else {
            throw ValidationError("Name one of --agent, --secondary, --secondary-instance, --gateway and --server.")
        }
        if gateway != nil, !routeOptions.isEmpty {
            throw ValidationError("A gateway has a route of its own: --via and --server-name do not go with --gateway.")
        }
        guard method.contains("."), !method.contains("=") else {
            throw ValidationError("The method comes before its arguments, as Class.Method.")
        }
        if callOptions.arguments != nil, !values.isEmpty {
            throw ValidationError("Give either --arguments or name=value, not both.")
        }
    }

    package func run() throws {
        let arguments = try parsedArguments()
        var calls = try DaemonCalls(socketOptions, isJSON: json)
        var (name, request) = try destination(&calls)
        request["method"] = .string(method)
        if !arguments.isEmpty { request["arguments"] = .object(arguments) }
        callOptions.add(to: &request, isWatched: calls.isWatched)
        let result = try calls.call(name, .object(request), about: method)
        var output = OutputStream()
        output.writeLine(json ? result.visibleText : result.visiblePrettyText)
        try output.finish()
    }

    /// The daemon's method for where the call goes, and the members that say where.
    private func destination(_ calls: inout DaemonCalls) throws -> (String, JSONObject) {
        if server { return (CallServer.name, routeOptions.members()) }
        // A server below is the end of a route, so that it is asked as any other server.
        if let number = targetOptions.secondary { return (CallServer.name, routeOptions.members(last: number)) }
        var request = JSONObject()
        if let gateway {
            request["gateway"] = .string(gateway)
        } else {
            request = routeOptions.members()
            request["target"] = try targetOptions.target(routeOptions, &calls)
        }
        return (CallAgent.name, request)
    }

    private func parsedArguments() throws -> JSONObject {
        guard let argument = callOptions.arguments else { return try CallArguments.members(values) }
        return try CallArguments.object(argument)
    }
}
