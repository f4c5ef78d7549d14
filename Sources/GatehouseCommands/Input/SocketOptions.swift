// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehouseClient
import GatehouseWire
import Glibc

/// Where the daemon is and how long to wait for it: the options that every command takes.
package struct SocketOptions: ParsableArguments {
    /// The daemon's socket.
    @Option(help: ArgumentHelp("The daemon's socket.", valueName: "path"))
    package var socket: FilePath?

    /// The daemon's socket for administrators.
    @Option(
        help: ArgumentHelp("The daemon's socket for administrators, for methods that are there.", valueName: "path")
    )
    package var adminSocket: FilePath?

    /// The time that the daemon has for one request.
    @Option(help: ArgumentHelp("Give up a request after so many seconds (0.001 to 3600).", valueName: "seconds"))
    package var timeout: Double?

    /// Made by the argument parser.
    package init() {}

    package func validate() throws {
        guard let timeout else { return }
        guard (0.001...3600).contains(timeout) else {
            throw ValidationError("--timeout must be between 0.001 and 3600 seconds.")
        }
    }

    /// The deadline for the daemon, in milliseconds.
    var deadlineMs: Int? { timeout.map { Int(($0 * 1000).rounded()) } }

    /// The parameters of a method with the options' deadline, where it takes one.
    func deadlined(_ parameters: JSONValue, for method: String) -> JSONValue {
        Self.deadlined(parameters, for: method, deadlineMs)
    }

    private static func deadlined(_ parameters: JSONValue, for method: String, _ deadlineMs: Int?) -> JSONValue {
        guard let deadlineMs, ParameterCheck.takesDeadline(method) else { return parameters }
        return parameters.setting("deadlineMs", .number(JSONNumber(deadlineMs)))
    }

    /// How long silence is borne, in milliseconds: the daemon's own deadline, whose default is `usual`, and then some.
    ///
    /// The daemon keeps deadlines itself; this is for one that hangs.
    func patience(usual: Int) -> Int { Self.patience(deadlineMs ?? usual) }

    private static func patience(_ deadlineMs: Int) -> Int { deadlineMs + 10_000 }

    /// The socket to use: the option, else GATEHOUSE_SOCKET, else the standard one.
    var path: SocketPath { Self.path(socket) }

    /// The socket to use where the option was this.
    static func path(_ socket: FilePath?) -> SocketPath {
        path(socket, else: "GATEHOUSE_SOCKET", .standard)
    }

    private static func path(_ option: FilePath?, else variable: String, _ standard: SocketPath) -> SocketPath {
        if let option { return SocketPath(bytes: option.bytes) }
        guard let value = getenv(variable), strlen(value) > 0 else { return standard }
        return SocketPath(bytes: Array(UnsafeRawBufferPointer(start: value, count: strlen(value))))
    }

    /// The socket on which a method is: for administrators the option, else GATEHOUSE_ADMIN_SOCKET, else the standard
    /// one.
    func path(for method: String) -> SocketPath {
        guard SchemaCatalog.method(method)?.socket == "admin" else { return path }
        return Self.path(adminSocket, else: "GATEHOUSE_ADMIN_SOCKET", .standardAdmin)
    }

    /// Connects, or says why not and ends the program.
    func connect() throws -> BlockingConnection { try Self.connect(path) }

    /// Connects to where a method is, or says why not and ends the program.
    func connect(for method: String) throws -> BlockingConnection { try Self.connect(path(for: method)) }

    private static func connect(_ path: SocketPath) throws -> BlockingConnection {
        do throws(ClientError) {
            return try BlockingConnection(to: path)
        } catch {
            throw report(error)
        }
    }

    /// Calls one method without a file and returns its result, or says what went wrong and ends the program.
    func call(_ method: String, _ parameters: JSONValue) throws -> JSONValue {
        try Self.call(path(for: method), method, parameters, deadlineMs: deadlineMs)
    }

    /// The same, for a caller that has no options.
    static func call(
        _ path: SocketPath,
        _ method: String,
        _ parameters: JSONValue,
        deadlineMs: Int? = nil
    ) throws -> JSONValue {
        var connection = try connect(path)
        do throws(ClientError) {
            return try connection.call(
                method,
                deadlined(parameters, for: method, deadlineMs),
                patience: patience(deadlineMs ?? DaemonCalls.usualDeadline)
            )
        } catch {
            throw report(error)
        }
    }

    /// Says what went wrong; throw what it returns.
    static func report(_ error: ClientError) -> ExitCode {
        Diagnostics.write(VisibleText.of(error.description))
        if case .remote(let error) = error { reportHint(error) }
        return ExitStatus(error).exitCode
    }

    /// Says what the daemon suggests, and what it knows besides.
    static func reportHint(_ error: APIError) {
        // The first one may be the message itself.
        for violation in error.violations where !error.message.contains(violation.message) {
            Diagnostics.write(ParameterCheck.line(violation))
        }
        if let upstream = error.upstream?.summary { Diagnostics.write("upstream: \(VisibleText.of(upstream))") }
        if error.outcome == .unknown { Diagnostics.write("the request may have taken effect upstream") }
        if let hint = error.hint { Diagnostics.write("hint: \(VisibleText.of(hint))") }
        if let requestID = error.requestID { Diagnostics.write("request: \(VisibleText.of(requestID))") }
    }
}
