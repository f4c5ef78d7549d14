// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
package import GatehouseWire

/// `gatehouse hosts`.
package struct HostsCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "hosts",
        abstract: "Find hosts that a Security Center manages.",
        discussion: """
            A name is matched as a whole; * and ? are wildcards. Without one, all hosts are shown up to the limit.

            Examples:
              gatehouse hosts 'web-*'
              gatehouse hosts --via 3 --field KLHST_WKS_OS_NAME
              gatehouse hosts --filter '(KLHST_WKS_STATUS_ID=1)' --limit 1000 --json
            """
    )

    @Argument(help: ArgumentHelp("A display name or a name in the network.", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("A filter in the Security Center's own language.", valueName: "filter"))
    var filter: String?

    @Option(
        name: .customLong("field"),
        help: ArgumentHelp("An attribute to show as well; may be repeated.", valueName: "attribute")
    )
    var fields: [String] = []

    @Option(help: ArgumentHelp("The most hosts to show (1 to 10000); 100 otherwise.", valueName: "number"))
    var limit: Int64?

    @OptionGroup var routeOptions: RouteOptions

    @Flag(help: "Print the daemon's own object on one line, and errors likewise.")
    var json = false

    @OptionGroup var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func validate() throws {
        if name != nil, filter != nil { throw ValidationError("Give either a name or --filter, not both.") }
        if let limit, !(1...10_000).contains(limit) {
            throw ValidationError("--limit must be between 1 and 10000.")
        }
    }

    package func run() throws {
        var calls = try DaemonCalls(socketOptions, isJSON: json)
        var request = routeOptions.members()
        let query = filter.map { ("filter", .string($0)) } ?? HostQuery.member(name ?? "*")
        request[query.0] = query.1
        if !fields.isEmpty { request["fields"] = .array(fields.map { .string($0) }) }
        request["limit"] = limit.map { .number(JSONNumber($0)) }
        let result = try calls.call(FindHosts.name, .object(request))
        var output = OutputStream()
        for line in json ? [result.visibleText] : Self.lines(result, fields: fields) { output.writeLine(line) }
        output.flush()
        if !json, let remark = Self.remark(result) { Diagnostics.write(remark) }
        try output.finish()
    }

    /// One line for each host.
    package static func lines(_ result: JSONValue, fields: [String]) -> [String] {
        var table = Table(["NAME", "ADDRESS", "STATUS", "VISIBLE", "AGENT", "ID"] + fields)
        for host in result["hosts"]?.array ?? [] {
            let status = host["status"] ?? .null
            let attributes = fields.map { Self.unwrapped(host["attributes"]?[$0] ?? .null).readable }
            table.add(
                [
                    (host["displayName"] ?? .null).readable, (host["address"] ?? .null).readable,
                    (status["level"] ?? .null).readable, (status["visible"] ?? .null).readable, agent(status),
                    (host["id"] ?? .null).readable,
                ] + attributes
            )
        }
        return table.lines
    }

    /// The value without the wrapper that tells its type, such as `{"type": "datetime", "value": …}`.
    private static func unwrapped(_ value: JSONValue) -> JSONValue {
        guard let members = value.object?.members, members.count == 2, value["type"]?.string != nil else {
            return value
        }
        return value["value"] ?? value
    }

    private static func agent(_ status: JSONValue) -> String {
        switch (status["agentInstalled"]?.bool, status["agentConnected"]?.bool) {
        case (false, _): "none"
        case (_, true): "connected"
        case (_, false): "not connected"
        case (true, nil): "installed"
        case (nil, nil): "-"
        }
    }

    /// What is good to know about hosts that are not shown.
    package static func remark(_ result: JSONValue) -> String? {
        let shown = Int64(result["hosts"]?.array?.count ?? 0)
        guard let total = result["total"]?.integer else { return nil }
        if total == 0 { return "no host was found" }
        return total > shown ? "\(shown) of \(total) hosts are shown; --limit shows more" : nil
    }
}
