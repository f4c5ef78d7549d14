// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehouseClient
import GatehouseWire

/// `gatehouse watch`.
package struct WatchCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follow scans, gateways and tokens as they change.",
        discussion: """
            The first lines are how things stand, the others are changes. It ends with the daemon, or when it is \
            interrupted.

            Example:
              gatehouse watch scans tokens
            """
    )

    /// What can be followed.
    enum Topic: String, ExpressibleByArgument, CaseIterable {
        case scans, gateways, tokens
    }

    @Flag(help: "Print the daemon's own notifications, one on a line.")
    var json = false

    @Argument(help: ArgumentHelp("What to follow; everything where it is left out.", valueName: "topic"))
    var topics: [Topic] = []

    @OptionGroup var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        var connection = try socketOptions.connect()
        let patience = socketOptions.patience(usual: DaemonCalls.usualDeadline)
        do throws(ClientError) {
            _ = try connection.call(Subscribe.name, ["topics": .array(wanted)], patience: patience)
        } catch {
            throw SocketOptions.report(error)
        }
        var output = OutputStream()
        while output.failure == nil {
            let message: BlockingConnection.Message
            do throws(ClientError) {
                message = try connection.next(patience: 60_000)
            } catch {
                output.flush()
                throw SocketOptions.report(error)
            }
            guard case .notification(Subscribe.Changed.method, let change) = message else { continue }
            for line in json ? [change.visibleText] : ChangeLines.of(change) { output.writeLine(line) }
            output.flush()
        }
        try output.finish()
    }

    private var wanted: [JSONValue] {
        let wanted = topics.isEmpty ? Topic.allCases : Topic.allCases.filter(topics.contains)
        return wanted.map { .string($0.rawValue) }
    }
}
