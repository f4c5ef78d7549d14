// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseClient
import GatehouseWire

/// `gatehouse rpc`.
package struct RPCCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rpc",
        abstract: "Call any method and print its result.",
        discussion: """
            The parameters are JSON, @FILE for a file that holds it, or - for standard input. Each --fd opens a file \
            for reading and passes it; the parameters name it by its index: {"file": {"fd": 0}}.

            Method and parameters are checked before they are sent; what is wrong ends with 64. See "gatehouse \
            methods" and "gatehouse describe METHOD".
            """
    )

    @Argument(help: ArgumentHelp("The method, such as scanFile.", valueName: "method"))
    var method: String

    @Argument(help: ArgumentHelp("The parameters: JSON, @FILE or -.", valueName: "parameters"))
    var parameters: FilePath?

    @Option(name: .customLong("fd"), help: ArgumentHelp("A file to pass; may be repeated.", valueName: "path"))
    var files: [FilePath] = []

    @Flag(help: "Print the result on one line.")
    var json = false

    @Flag(name: .customLong("no-check"), help: "Send it whatever the schemas of this program say.")
    var isUnchecked = false

    @Option(
        help: ArgumentHelp(
            "The profile, where the method takes one and the parameters name none.",
            valueName: "profile"
        )
    )
    var profile: String?

    @OptionGroup var socketOptions: SocketOptions

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        let parameters = try checkedParameters()
        var connection = try socketOptions.connect(for: method)
        // Open until the end of the process, which follows at once.
        let descriptors = try files.map { try ParameterArgument.open($0) }
        let answer: Result<JSONValue, RemoteError>
        do throws(ClientError) {
            _ = try connection.send(method, parameters, descriptors: descriptors)
            answer = try connection.receive(patience: patience(parameters)).outcome
        } catch .remote(let error) {
            // It came with the end of the connection.
            throw report(error.json(requestID: error.requestID))
        } catch {
            throw SocketOptions.report(error)
        }
        switch answer {
        case .failure(let error): throw report(error.object)
        case .success(let result):
            var output = OutputStream()
            output.writeLine(json ? result.visibleText : result.visiblePrettyText)
            try output.finish()
        }
    }

    /// What the daemon may take before its silence counts as an end: what the request says, else its longest default.
    private func patience(_ parameters: JSONValue) -> Int {
        let deadline = parameters["deadlineMs"]?.integer.map { Int(clamping: min(max($0, 1), 3_600_000)) }
        return socketOptions.patience(usual: deadline ?? DaemonCalls.upstreamDeadline)
    }

    private func checkedParameters() throws -> JSONValue {
        var parameters = try ParameterArgument.value(parameters)
        if parameters["deadlineMs"] == nil, isUnchecked || ParameterCheck.takesDeadline(method) {
            parameters = parameters.setting("deadlineMs", socketOptions.deadlineMs.map { .number(JSONNumber($0)) })
        }
        if let profile, parameters["profile"] == nil, ParameterCheck.takes("profile", method) {
            parameters = parameters.setting("profile", .string(profile))
        }
        guard !isUnchecked else { return parameters }
        guard SchemaCatalog.method(method) != nil, let check = ParameterCheck(of: method, parameters) else {
            Diagnostics.write(SchemaCatalog.unknownMethod(method))
            Diagnostics.write("hint: --no-check sends it all the same, as to a daemon of a later version")
            throw ExitStatus.usage.exitCode
        }
        guard check.violations.isEmpty else {
            check.report(method)
            throw ExitStatus.usage.exitCode
        }
        return parameters
    }

    /// Shows the error object as it came; throw what it returns.
    private func report(_ error: JSONValue) -> ExitCode {
        Diagnostics.writePlain(json ? error.visibleText : error.visiblePrettyText)
        return ExitStatus.failed.exitCode
    }
}
