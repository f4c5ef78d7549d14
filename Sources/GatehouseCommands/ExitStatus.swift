// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseClient

/// The exit codes of the program; docs/cli.md lists them for its users.
package enum ExitStatus: Int32, Sendable {
    /// All clean, or done.
    case done = 0
    /// Something is infected, whatever else happened.
    case infected = 1
    /// Something failed, was not scanned, or nothing was found to scan.
    case failed = 2
    /// The daemon cannot be reached.
    case unreachable = 3
    /// Wrong usage, a request that breaks its schema included (EX_USAGE of sysexits.h).
    case usage = 64

    /// The code for an error of the client.
    init(_ error: ClientError) {
        if case .cannotReach = error { self = .unreachable } else { self = .failed }
    }

    /// The answer of `policy explain` is no; the number of "infected", which no such command can end with.
    static let refused = ExitStatus.infected

    /// What to throw so that the program ends with this code and says nothing more.
    var exitCode: ExitCode { ExitCode(rawValue) }
}
