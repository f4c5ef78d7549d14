// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser

/// `gatehouse policy`.
package struct PolicyCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Ask what the daemon's policy allows.",
        subcommands: [PolicyExplainCommand.self]
    )

    /// Made by the argument parser.
    package init() {}
}
