// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseClient
import GatehousePlatform
import GatehouseWire
import Glibc

/// `gatehouse rpc`.
package struct RPCCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rpc",
        abstract: "Call any method and print its result.",
        discussion: """
            The parameters are JSON, @FILE for a file that holds it, or - for standard input. Each --fd opens a file \
            for reading and passes it; the parameters name it by its index: {"file": {"fd": 0}}.
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

    @OptionGroup var socketOptions: SocketOptions

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        let parameters = try parsedParameters()
        var connection = try socketOptions.connect()
        // Open until the end of the process, which follows at once.
        let descriptors = try files.map { try Self.open($0) }
        let answer: Result<JSONValue, RemoteError>
        do throws(ClientError) {
            _ = try connection.send(method, parameters, descriptors: descriptors)
            answer = try connection.receive(patience: patience(parameters)).outcome
        } catch {
            throw SocketOptions.report(error)
        }
        guard case .success(let result) = answer else { throw Self.report(answer) }
        var output = OutputStream()
        output.writeLine(json ? result.text : result.prettyText)
        try output.finish()
    }

    /// What the daemon may take before its silence counts as an end: what the request says, else its longest default.
    private func patience(_ parameters: JSONValue) -> Int {
        let deadline = parameters["deadlineMs"]?.integer.map { Int(clamping: min(max($0, 1), 3_600_000)) }
        return socketOptions.patience(usual: deadline ?? 120_000)
    }

    private func parsedParameters() throws -> JSONValue {
        let bytes = try parameterBytes()
        do throws(JSONError) {
            let value = try bytes.map { bytes throws(JSONError) in try JSONValue(parsing: bytes) } ?? [:]
            guard value["deadlineMs"] == nil else { return value }
            return value.setting("deadlineMs", socketOptions.deadlineMs.map { .number(JSONNumber($0)) })
        } catch {
            throw ValidationError("The parameters are not JSON: \(error).")
        }
    }

    private func parameterBytes() throws -> [UInt8]? {
        guard let parameters else { return nil }
        if parameters.bytes == [UInt8(ascii: "-")] { return try Self.read(STDIN_FILENO, "standard input") }
        guard parameters.bytes.first == UInt8(ascii: "@") else { return parameters.bytes }
        let path = FilePath(bytes: Array(parameters.bytes.dropFirst()))
        let file = Descriptor(owning: try Self.open(path))
        return try Self.read(file.number, VisibleText.of(path.bytes))
    }

    private static func open(_ path: FilePath) throws -> Int32 {
        let number = Glibc.open(path.terminated, InputFile.flags)
        guard number >= 0 else { throw failure(VisibleText.of(path.bytes)) }
        return number
    }

    private static func read(_ file: Int32, _ name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 || errno == EINTR else { throw failure(name) }
            bytes.append(contentsOf: chunk.prefix(max(0, count)))
        }
    }

    /// Says why a file cannot be read; throw what it returns.
    private static func failure(_ name: String) -> ExitCode {
        Diagnostics.write("\(name): \(SystemError.current("open").reason)")
        return ExitStatus.failed.exitCode
    }

    /// Shows the error object as it came; throw what it returns.
    private static func report(_ answer: Result<JSONValue, RemoteError>) -> ExitCode {
        if case .failure(let error) = answer { Diagnostics.writePlain(error.object.prettyText) }
        return ExitStatus.failed.exitCode
    }
}
