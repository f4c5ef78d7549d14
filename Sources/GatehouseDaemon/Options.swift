// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import Logging

/// The daemon's command line (contract section 2).
///
/// Eight flags need no library.
struct Options: Equatable {
    var configuration = "/etc/gatehouse/gatehouse.yaml"
    var listen: String?
    var adminListen: String?
    var logLevel = Logger.Level.notice
    var exitOnIdle: Duration?
    var checksConfiguration = false
    var showsVersion = false
    var showsHelp = false

    /// A command line that cannot be understood; the text says what to do.
    struct Fault: Error, Equatable {
        let message: String
    }

    init(_ arguments: [String]) throws(Fault) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            var inline: String? = argument.hasPrefix("--") && parts.count == 2 ? parts[1] : nil
            func value() throws(Fault) -> String {
                guard let value = inline ?? rest.popFirst(), !value.isEmpty else {
                    throw Fault(message: "\(parts[0]) needs a value")
                }
                inline = nil
                return value
            }
            switch parts[0] {
            case "--config": configuration = try value()
            case "--listen": listen = try value()
            case "--admin-listen": adminListen = try value()
            case "--log-level":
                let word = try value()
                guard let level = Logger.Level(rawValue: word) else {
                    let words = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
                    throw Fault(message: "--log-level takes one of \(words)")
                }
                logLevel = level
            case "--check-config": checksConfiguration = true
            case "--version": showsVersion = true
            case "--help", "-h": showsHelp = true
            case "--exit-on-idle": exitOnIdle = try Self.idleLimit(try value())
            default: throw Fault(message: "unknown argument \(argument); try --help")
            }
            if inline != nil { throw Fault(message: "\(parts[0]) takes no value") }
        }
    }

    /// The seconds of `--exit-on-idle`; 0 is nil, for never.
    private static func idleLimit(_ text: String) throws(Fault) -> Duration? {
        guard let seconds = Double(text), (0...31_536_000).contains(seconds) else {
            throw Fault(message: "--exit-on-idle takes seconds, 0 for never")
        }
        return seconds > 0 ? .seconds(seconds) : nil
    }

    static let help = """
        gatehoused \(gatehouseVersion): scans files through an antivirus API for the programs of this host

        Usage: gatehoused [--config FILE] [--listen PATH] [--admin-listen PATH] [--log-level LEVEL]
                          [--exit-on-idle SECONDS]
               gatehoused --check-config [--config FILE]

          --config FILE        the configuration (default: /etc/gatehouse/gatehouse.yaml)
          --listen PATH        serve JSON-RPC on this Unix socket; sockets that systemd passes win over it
          --admin-listen PATH  serve administrators on this Unix socket
          --log-level LEVEL    trace, debug, info, notice (default), warning, error or critical
          --exit-on-idle SECONDS
                               end when nothing was connected, under way or open for so long; for sockets that
                               systemd passes, where the next caller starts the daemon again (default: 0, never)
          --check-config       check the configuration and its credentials, print every fault, and end
          --version            print the version
          --help               print this text

        Callers use gatehouse(1). Secrets are files that the configuration names; see docs/configuration.md.

        """
}
