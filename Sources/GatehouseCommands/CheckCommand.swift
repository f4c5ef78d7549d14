// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseWire

/// `gatehouse check`.
package struct CheckCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the parameters of a method without calling it, and without asking a daemon.",
        discussion: """
            The parameters are JSON, @FILE for a file that holds it, or - for standard input; left out, they are {}. \
            Ends with 0 where they are right, and with 64 after saying everything that is wrong. The names of \
            notifications, such as chunk, are known too.
            """
    )

    @Argument(help: ArgumentHelp("The method, such as scanFile.", valueName: "method"))
    var method: String

    @Argument(help: ArgumentHelp("The parameters: JSON, @FILE or -.", valueName: "parameters"))
    var parameters: FilePath?

    @Flag(help: "Print the outcome as one object on standard output.")
    var json = false

    @OptionGroup(visibility: .hidden) var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        let parameters = try ParameterArgument.value(parameters)
        guard let check = ParameterCheck(of: method, parameters) else {
            Diagnostics.write(SchemaCatalog.unknownMethod(method))
            throw ExitStatus.usage.exitCode
        }
        let status = check.violations.isEmpty ? ExitStatus.done : .usage
        var output = OutputStream()
        if json {
            output.writeLine(check.json.text)
        } else if status == .done {
            output.writeLine("\(method): the parameters are right")
        } else {
            check.report(method)
        }
        try output.finish(status)
    }
}
