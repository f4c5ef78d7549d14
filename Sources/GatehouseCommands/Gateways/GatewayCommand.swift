// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser

/// `gatehouse gateway`.
package struct GatewayCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "gateway",
        abstract: "Open, list and close gateways to Network Agents and secondary servers, and move files through them.",
        discussion: """
            The daemon holds the gateway; its handle is good for this user only, until it was not used for its idle time.

            Example:
              gateway=$(gatehouse gateway open --agent web-7 --via 3)
              gatehouse call --gateway "$gateway" NagRdu.GetCurrentHostState --plain
              gatehouse gateway close "$gateway"
            """,
        subcommands: [
            GatewayOpenCommand.self, GatewayListCommand.self, GatewayCloseCommand.self, GatewayGetCommand.self,
            GatewayPutCommand.self,
        ]
    )

    /// Made by the argument parser.
    package init() {}
}
