// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseWire

/// The arguments of the program, made ready for the parser: it takes an `h` in any group of short options for a request
/// for help.
struct CommandArguments {
    private let groups: ShortOptionGroups

    /// What the parser gets.
    var texts: [String] { groups.texts }
    /// A file's name that may be meant by what the parser takes for options, and does not know.
    var possibleName: String? { groups.unknown }

    /// Takes the arguments after the program's name.
    init(_ arguments: [String], of program: any ParsableCommand.Type) throws {
        var command = program
        for argument in arguments {
            guard let next = command.configuration.subcommands.first(where: { $0._commandName == argument }) else {
                break
            }
            command = next
        }
        groups = try ShortOptionGroups(arguments, of: command)
    }
}
