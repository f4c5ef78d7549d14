// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseWire

/// `gatehouse describe`.
package struct DescribeCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Describe a method, a notification or a kind of error, without asking a daemon."
    )

    @Argument(help: ArgumentHelp("What to describe, such as scanFile or fileRefused.", valueName: "name"))
    var name: String

    @Flag(help: "Print what the schemas say, as JSON.")
    var json = false

    @OptionGroup(visibility: .hidden) var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        guard let description = Description(of: name) else {
            Diagnostics.write(SchemaCatalog.unknownName(name))
            throw ExitStatus.usage.exitCode
        }
        var output = OutputStream()
        for line in json ? [description.document.text] : description.lines { output.writeLine(line) }
        try output.finish()
    }
}
