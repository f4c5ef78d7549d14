// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseClient
import GatehousePlatform
import GatehouseWire

/// The requests of one command, one after the other on one connection, with a line on the terminal while they take long.
///
/// A program that ends by a signal leaves its connection, and with it the daemon cancels what it asked for.
struct DaemonCalls: ~Copyable {
    /// The daemon's own deadline for what goes to a Security Center, in milliseconds.
    static let upstreamDeadline = 120_000
    /// Its deadline for everything else.
    static let usualDeadline = 10_000

    /// Whether results and errors are printed as JSON.
    let isJSON: Bool
    private let options: SocketOptions
    private let time: any TimeSource
    private var connection: BlockingConnection
    private var statusLine: StatusLine?

    /// Connects, or says why not and ends the program.
    init(_ options: SocketOptions, isJSON: Bool, time: any TimeSource = SystemTime()) throws {
        self.isJSON = isJSON
        self.options = options
        self.time = time
        do throws(ClientError) {
            connection = try BlockingConnection(to: options.path)
        } catch {
            let fault = CommandFault.client(error)
            fault.write(isJSON: isJSON)
            throw fault.status.exitCode
        }
        let line = StatusLine.ofStandardError()
        // Lines for programs stay alone on their terminal.
        statusLine = isJSON && line?.sharesTheTerminal == true ? nil : line
    }

    /// Whether somebody sees how far a request is.
    var isWatched: Bool { statusLine != nil }

    /// Tells a fault; throw what it returns.
    func report(_ fault: CommandFault) -> ExitCode {
        fault.write(isJSON: isJSON)
        return fault.status.exitCode
    }

    /// Calls a method, or says what went wrong and ends the program.
    mutating func call(
        _ method: String,
        _ parameters: JSONValue,
        usual: Int = upstreamDeadline,
        about subject: String? = nil
    ) throws -> JSONValue {
        do throws(CommandFault) {
            return try result(method, parameters, usual: usual, about: subject)
        } catch {
            throw report(error)
        }
    }

    /// Calls a method; `subject` is what the line on the terminal calls it.
    ///
    /// The descriptors stay the caller's.
    mutating func result(
        _ method: String,
        _ parameters: JSONValue,
        descriptors: [Int32] = [],
        usual: Int = upstreamDeadline,
        about subject: String? = nil
    ) throws(CommandFault) -> JSONValue {
        let outcome: Result<JSONValue, RemoteError>
        do throws(ClientError) {
            let parameters = options.deadlined(parameters, for: method)
            _ = try connection.send(method, parameters, descriptors: descriptors)
            outcome = try answer(options.patience(usual: usual), WaitingLine(subject ?? method, start: time.now))
        } catch {
            statusLine?.clear()
            throw .client(error)
        }
        statusLine?.clear()
        switch outcome {
        case .success(let result): return result
        case .failure(let error): throw .remote(error)
        }
    }

    /// Waits for the answer to the only request in flight.
    private mutating func answer(
        _ patience: Int,
        _ line: WaitingLine
    ) throws(ClientError) -> Result<JSONValue, RemoteError> {
        var line = line
        let limit = Duration.milliseconds(patience)
        let look = isWatched ? Int(ProgressBar.interval.wholeMilliseconds) : patience
        while true {
            switch try connection.next(patience: look) {
            case .answer(_, let outcome): return outcome
            case .notification("progress", let parameters): line.note(parameters)
            case .notification, .silence: break
            }
            let now = time.now
            // Whatever it tells meanwhile: a request that is overdue has no answer.
            if now - line.start >= limit { throw ConnectionEnd.silence(of: patience) }
            if let columns = statusLine?.columns, let text = line.text(at: now, columns: columns) {
                statusLine?.show(text)
            }
        }
    }
}
