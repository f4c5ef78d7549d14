// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseAPI
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
                try Self.refuseUnknown(rest, of: command)
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

    /// Says what the name of no command may have meant, where that is what stands at the beginning, or after `help`.
    ///
    /// The parser would call it an argument too many, and `help` would pass over it.
    private static func refuseUnknown(_ arguments: ArraySlice<String>, of command: any ParsableCommand.Type) throws {
        var command = command
        let words = arguments.first == "help" ? arguments.dropFirst() : arguments.prefix(1)
        for word in words.prefix(while: { !$0.hasPrefix("-") }) where !command.configuration.subcommands.isEmpty {
            let commands = command.configuration.subcommands
            guard let next = commands.first(where: { $0._commandName == word }) else {
                let names = commands.map { $0._commandName }
                let known = EditDistance.nearest(to: word, among: names).map { "did you mean '\($0)'?" }
                throw ValidationError(
                    "There is no command '\(VisibleText.of(word))'; \(known ?? "there are \(names.joined(separator: ", ")).")"
                )
            }
            command = next
        }
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
