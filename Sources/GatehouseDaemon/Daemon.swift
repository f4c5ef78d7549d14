// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import GatehouseAPI
import GatehousePlatform
import GatehouseServer
import Glibc
import Logging

/// The program `gatehoused`: reads its command line, puts the parts together, runs until it is told to end.
package enum Daemon {
    /// What `--help` prints.
    package static var help: String { Options.help }

    /// Runs the daemon and returns its exit status: 0, 1 where it cannot start, 64 for a wrong command line.
    ///
    /// To be called before anything opens a descriptor.
    package static func main(arguments: [String], environment: [String: String]) -> Int32 {
        do throws(SystemError) {
            try StandardStreams.occupyClosed()
        } catch {
            complain("cannot start: \(error)")
            return 1
        }
        let options: Options
        do {
            options = try Options(arguments)
        } catch {
            complain(error.message)
            return 64
        }
        if options.showsHelp {
            print(Options.help, terminator: "")
            return 0
        }
        if options.showsVersion {
            print("gatehoused \(gatehouseVersion)")
            return 0
        }
        let loaded = Configuration.load(
            path: options.configuration,
            environment: environment,
            readingCredentials: options.checksConfiguration
        )
        if options.checksConfiguration { return check(loaded) }
        let visible = CallerVisibility.fault().map { .failure(ConfigurationFaults(faults: [$0])) } ?? loaded
        return serve(options, visible, environment)
    }

    private static func check(_ loaded: Result<Configuration.Loaded, ConfigurationFaults>) -> Int32 {
        switch loaded {
        case .failure(let faults):
            for fault in faults.faults { say(fault.description) }
            return 1
        case .success(let loaded):
            let report = loaded.credentialReport()
            for notice in loaded.notices + report.notices { say("notice: \(notice)") }
            for fault in report.faults { say(fault.description) }
            return report.faults.isEmpty ? 0 : 1
        }
    }

    private static func serve(
        _ options: Options,
        _ loaded: Result<Configuration.Loaded, ConfigurationFaults>,
        _ environment: [String: String]
    ) -> Int32 {
        // Threads inherit this mask; the signals come through the loop. A caller that left (SIGPIPE) and a file beyond
        // the largest size that this process may write (SIGXFSZ, setrlimit(2)) are errors of their write, not the end
        // of the daemon, whatever thread meets them.
        SignalSource.block([SIGTERM, SIGINT, SIGHUP])
        for signalNumber in [SIGPIPE, SIGXFSZ] { signal(signalNumber, SIG_IGN) }
        // libcurl would write session keys to a file that this names.
        unsetenv("SSLKEYLOGFILE")
        gatehouse_forbid_dumps()
        let descriptors = gatehouse_raise_descriptor_limit()
        do {
            let queue = try LogQueue.onStandardError(environment)
            defer { queue.finish() }
            let handler = QueueingLogHandler(logLevel: options.logLevel, queue: queue)
            let log = Logger(label: "gatehoused") { _ in handler }
            do throws(StartFault) {
                let service = try Service(
                    options,
                    loaded,
                    environment: environment,
                    descriptors: descriptors < 0 ? .max : Int(descriptors),
                    logQueue: queue,
                    log: log
                )
                try service.run()
                return 0
            } catch {
                log.log(.cannotStart, .critical, "cannot start", ["reason": "\(error.message)"])
                return 1
            }
        } catch {
            complain("cannot start: \(error)")
            return 1
        }
    }

    /// A line on standard error, before there is a log.
    private static func complain(_ text: String) {
        say("gatehoused: \(text)")
    }

    /// A line on standard error as it is, so that editors and scripts find `FILE:LINE:` at its beginning.
    private static func say(_ text: String) {
        let line = Array("\(text)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }
}

/// Why the daemon cannot start.
struct StartFault: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }

    init(_ error: SystemError) {
        message = error.description
    }
}
