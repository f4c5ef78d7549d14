// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseWire

/// The arguments of the program, made ready for the parser: it knows an option only after the name of its command, and
/// takes an `h` in any group of short options for a request for help.
struct CommandArguments {
    /// Options that every command takes and that have a value (``SocketOptions``, `--profile`).
    private static let valuedOptions = ["--socket", "--admin-socket", "--profile", "--timeout"]
    /// Options that every command takes and that have none.
    private static let flags = ["--json"]

    /// What the parser gets.
    var texts: [String] { groups.texts }
    /// A file's name that may be meant by what the parser takes for options, and does not know.
    var possibleName: String? { groups.unknown }
    private let groups: ShortOptionGroups

    /// Takes the arguments after the program's name.
    init(_ arguments: [String], of program: any ParsableCommand.Type) throws {
        var command = program
        var names: [String] = []
        var options: [String] = []
        var rest = arguments[...]
        while let argument = rest.first, !command.configuration.subcommands.isEmpty {
            if let count = try Self.countOfOption(rest) {
                options += rest.prefix(count)
                rest = rest.dropFirst(count)
            } else if let next = command.configuration.subcommands.first(where: { $0._commandName == argument }) {
                names.append(argument)
                command = next
                rest = rest.dropFirst()
            } else {
                break
            }
        }
        if !command.configuration.subcommands.isEmpty, !options.isEmpty {
            // Whatever else stands there, such as `--help`, has nothing to do with them.
            guard !rest.isEmpty else { throw ValidationError("There are only options; name a command.") }
            options = []
        }
        groups = try ShortOptionGroups(names + options + rest, of: command)
    }

    /// How many arguments the option at the beginning has, its value included; nil where it is none of these.
    private static func countOfOption(_ arguments: ArraySlice<String>) throws -> Int? {
        guard let argument = arguments.first else { return nil }
        if flags.contains(argument) { return 1 }
        if valuedOptions.contains(where: { argument.hasPrefix($0 + "=") }) { return 1 }
        guard valuedOptions.contains(argument) else { return nil }
        let value = arguments.dropFirst().first
        if value == "-h" || value == "--help" { return 1 }
        // As the parser has it: what begins with a dash is no value.
        guard let value, !value.hasPrefix("-") || value == "-" else {
            throw ValidationError("Missing value for '\(argument)'")
        }
        return 2
    }
}
