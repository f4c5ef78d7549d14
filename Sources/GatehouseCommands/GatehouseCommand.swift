// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehousePlatform
import Glibc

/// The program `gatehouse`.
package struct GatehouseCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "gatehouse",
        abstract: "Scan files and ask the Gatehouse daemon of this host.",
        discussion: """
            The daemon is reached at --socket, else at $GATEHOUSE_SOCKET, else at /run/gatehouse/rpc.sock. What is for \
            administrators is reached at --admin-socket, else at $GATEHOUSE_ADMIN_SOCKET, else at \
            /run/gatehouse-admin/admin.sock.

            Every command takes --socket PATH, --admin-socket PATH, --profile PROFILE, --timeout SECONDS and --json, \
            after its name or before it; what it has no use for is without effect.

            Exit status: 0 all clean or done, 1 something is infected, 2 something failed or was not scanned, \
            3 the daemon cannot be reached, 64 wrong usage.
            """,
        version: gatehouseVersion,
        subcommands: [
            ScanCommand.self, TokenCommand.self, StatusCommand.self, PingCommand.self, RPCCommand.self,
            GatewayCommand.self, CallCommand.self, HostsCommand.self, ServersCommand.self,
            WatchCommand.self, DoctorCommand.self, InitCommand.self, PolicyCommand.self, MetricsCommand.self,
            CheckCommand.self,
            MethodsCommand.self, DescribeCommand.self,
        ]
    )

    /// Made by the argument parser.
    package init() {}

    /// Runs the program with the arguments of the process and ends it.
    package static func runAndExit() -> Never {
        // A reader that went away shows as EPIPE, and the exit code still tells what was found.
        _ = signal(SIGPIPE, SIG_IGN)
        // So does a file beyond what this process may write, as EFBIG (setrlimit(2)).
        _ = signal(SIGXFSZ, SIG_IGN)
        do {
            try StandardStreams.occupyClosed()
            let arguments = try CommandArguments(RawArguments.process.texts, of: self)
            if try !PingCommand.runPlain(arguments.texts) {
                var command = try parsed(arguments)
                try command.run()
            }
        } catch {
            Glibc.exit(status(for: error))
        }
        Glibc.exit(ExitStatus.done.rawValue)
    }

    private static func parsed(_ arguments: CommandArguments) throws -> any ParsableCommand {
        do {
            return try parseAsRoot(arguments.texts)
        } catch {
            guard exitCode(for: error) == .validationFailure, let name = arguments.possibleName else { throw error }
            Diagnostics.writePlain(fullMessage(for: error))
            let shown = VisibleText.of(name)
            Diagnostics.write(
                "hint: \(shown) is taken for options; a file of that name is ./\(shown), or goes after --"
            )
            throw ExitStatus.usage.exitCode
        }
    }

    /// Tells what was thrown, and returns the exit code.
    private static func status(for error: any Error) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        switch exitCode(for: error) {
        case .success: return printed(fullMessage(for: error))
        // The parser's code for any other failure, which here says "infected".
        case .failure:
            Diagnostics.write(message(for: error))
            return ExitStatus.failed.rawValue
        case let code:
            Diagnostics.writePlain(fullMessage(for: error))
            return code.rawValue
        }
    }

    /// Prints what the parser has to say, its help for example, and returns the exit code.
    private static func printed(_ text: String) -> Int32 {
        var output = OutputStream()
        output.writeLine(text)
        do {
            try output.finish()
        } catch {
            return (error as? ExitCode)?.rawValue ?? ExitStatus.failed.rawValue
        }
        return ExitStatus.done.rawValue
    }
}
