// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehouseClient
package import GatehouseWire

/// `gatehouse token`.
package struct TokenCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Look at the daemon's tokens, renew or forget them; their values never leave it.",
        subcommands: [TokenStatusCommand.self, TokenRefreshCommand.self, TokenForgetCommand.self]
    )

    /// Made by the argument parser.
    package init() {}
}

/// `gatehouse token status`.
package struct TokenStatusCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the state of every token and the cause of its last failure."
    )

    @Flag(help: "Print the daemon's own object.")
    var json = false

    @Option(help: ArgumentHelp("Only this profile.", valueName: "profile"))
    var profile: String?

    @OptionGroup var socketOptions: SocketOptions

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        let parameters: JSONValue = [:]
        let result = try socketOptions.call(
            TokenStatus.name,
            parameters.setting("profile", profile.map(JSONValue.string))
        )
        var output = OutputStream()
        for line in json ? [result.visibleText] : Self.lines(result) { output.writeLine(line) }
        try output.finish()
    }

    /// One line for each token; a profile without tokens has a line as well.
    package static func lines(_ result: JSONValue) -> [String] {
        var table = Table(["PROFILE", "ENGINE", "TOKEN", "STATE", "EXPIRES IN", "NEXT ATTEMPT", "LAST FAILURE"])
        for profile in result["profiles"]?.array ?? [] {
            let start = ["profile", "engine"].map { (profile[$0] ?? .null).readable }
            let tokens = profile["tokens"]?.array ?? []
            if tokens.isEmpty { table.add(start + ["-", "-", "-", "-", "-"]) }
            for token in tokens { table.add(start + columns(token)) }
        }
        let sessions = result["sessions"]?.array ?? []
        return table.lines + (sessions.isEmpty ? [] : [""] + self.sessions(sessions))
    }

    /// One line for each session on a Security Center.
    private static func sessions(_ sessions: [JSONValue]) -> [String] {
        var table = Table(["SERVER", "ROUTE", "SESSION", "GENERATION", "LAST CONTACT", "NEXT ATTEMPT", "LAST FAILURE"])
        for session in sessions {
            let route = (session["route"]?.array ?? []).dropFirst().map { step in
                [step["kind"], step["id"]].map { ($0 ?? .null).readable }.joined(separator: " ")
            }
            table.add([
                (session["server"] ?? .null).readable, route.isEmpty ? "-" : route.joined(separator: ", "),
                (session["state"] ?? .null).readable, (session["generation"] ?? .null).readable,
                (session["lastContactAt"] ?? .null).readable, (session["nextAttemptAt"] ?? .null).readable,
                failure(session["lastFailure"]),
            ])
        }
        return table.lines
    }

    private static func failure(_ failure: JSONValue?) -> String {
        guard let failure, !failure.isNull else { return "-" }
        return [failure["at"], failure["kind"], failure["message"]].compactMap { $0?.readable }.joined(separator: " ")
    }

    private static func columns(_ token: JSONValue) -> [String] {
        let expiry = token["expiresInSeconds"]?.integer.map { "\($0) s" } ?? "-"
        return [
            (token["token"] ?? .null).readable, (token["state"] ?? .null).readable, expiry,
            (token["nextAttemptAt"] ?? .null).readable, failure(token["lastFailure"]),
        ]
    }
}
