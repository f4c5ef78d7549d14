// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehouseClient
import GatehouseWire

/// `gatehouse doctor`.
package struct DoctorCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look for what is wrong, and say what to do about it.",
        discussion: """
            Looks at the socket, the daemon and its tokens. With --scan each profile scans a harmless text as well, \
            which counts against the plan of the Antivirus API.

            Exit status: 0 nothing has failed, 2 something has, 3 the daemon cannot be reached.
            """
    )

    @Flag(help: "Have each profile scan a harmless text.")
    var scan = false

    @Flag(help: "Print an object for each finding.")
    var json = false

    @Option(help: ArgumentHelp("Only this profile.", valueName: "profile"))
    var profile: String?

    @OptionGroup var socketOptions: SocketOptions

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        var output = OutputStream()
        let style = Style.ofStandardOutput()
        var status = ExitStatus.done
        do throws(ClientError) {
            try examine { finding in
                if finding.state == .failed { status = .failed }
                for line in json ? [finding.json.visibleText] : finding.lines(style) { output.writeLine(line) }
                output.flush()
            }
        } catch {
            let finding = Finding(.failed, error.description, hint: error.hint)
            for line in json ? [finding.json.visibleText] : finding.lines(style) { output.writeLine(line) }
            status = ExitStatus(error)
        }
        try output.finish(status)
    }

    private func examine(_ tell: (Finding) -> Void) throws(ClientError) {
        let path = socketOptions.path
        var connection = try BlockingConnection(to: path)
        tell(Finding(.ok, "the socket \(path.text) can be used"))
        tell(Examination.version(try ask(Ping.name, [:], &connection)))
        let status = try ask(Status.name, [:], &connection)
        for finding in Examination.status(status) { tell(finding) }
        // Tokens are obtained by a scan: what they are like is told after it.
        for name in (status["profiles"]?.array ?? []).compactMap({ $0["profile"]?.string }) where scan {
            if profile == nil || profile == name { tell(try tryScan(by: name, &connection)) }
        }
        let about: JSONValue = [:]
        let parameters = about.setting("profile", profile.map(JSONValue.string))
        let tokens = try ask(TokenStatus.name, parameters, &connection)
        for finding in Examination.tokens(tokens) { tell(finding) }
    }

    private func ask(
        _ method: String,
        _ parameters: JSONValue,
        usual: Int = DaemonCalls.usualDeadline,
        _ connection: inout BlockingConnection
    ) throws(ClientError) -> JSONValue {
        let patience = socketOptions.patience(usual: usual)
        return try connection.call(method, socketOptions.deadlined(parameters, for: method), patience: patience)
    }

    private func tryScan(by profile: String, _ connection: inout BlockingConnection) throws(ClientError) -> Finding {
        let parameters: JSONValue = [
            "file": ["content": "R2F0ZWhvdXNlCg=="], "name": "gatehouse-doctor.txt", "profile": .string(profile),
        ]
        do throws(ClientError) {
            let verdict = try ask(ScanFile.name, parameters, usual: DaemonCalls.upstreamDeadline, &connection)
            return Examination.scan(verdict, profile: profile)
        } catch {
            guard case .remote(let fault) = error else { throw error }
            return Finding(.failed, "profile \(profile) cannot scan: \(fault.description)", hint: fault.hint)
        }
    }
}

extension ClientError {
    /// What the daemon suggests.
    fileprivate var hint: String? {
        if case .remote(let error) = self { error.hint } else { nil }
    }
}
