// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehouseClient
import GatehouseWire

/// `gatehouse token refresh`.
package struct TokenRefreshCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "refresh",
        abstract: "Obtain the tokens anew, also where the daemon had stopped trying, and show their state.",
        discussion: """
            It waits for the end of the attempt, --timeout seconds at most, 10 without it. The exit status is 2 where a \
            token could not be had.
            """
    )

    @OptionGroup var options: TokenChangeOptions

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        let result = try options.call(TokenRefresh.name)
        let tokens = (result["profiles"]?.array ?? []).flatMap { $0["tokens"]?.array ?? [] }
        // A token that is still good may hide that there is no new one.
        let areNew = tokens.allSatisfy { $0["state"] == "valid" && $0["consecutiveFailures"]?.integer == 0 }
        guard areNew else { throw ExitStatus.failed.exitCode }
    }
}

/// `gatehouse token forget`.
package struct TokenForgetCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Forget the tokens; the next scan obtains them anew."
    )

    @OptionGroup var options: TokenChangeOptions

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        _ = try options.call(TokenForget.name)
    }
}

/// What both take.
struct TokenChangeOptions: ParsableArguments {
    @Flag(help: "Print the daemon's own object.")
    var json = false

    @Option(help: ArgumentHelp("Only this profile.", valueName: "profile"))
    var profile: String?

    @OptionGroup var socketOptions: SocketOptions

    /// Calls the method, prints the tokens after it, and returns the daemon's object.
    func call(_ method: String) throws -> JSONValue {
        let parameters: JSONValue = [:]
        let result = try socketOptions.call(
            method,
            parameters.setting("profile", profile.map(JSONValue.string))
        )
        var output = OutputStream()
        for line in json ? [result.visibleText] : TokenStatusCommand.lines(result) { output.writeLine(line) }
        try output.finish()
        return result
    }
}
