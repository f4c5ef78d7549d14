// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseWire

/// Groups of short options in a command's arguments, such as `-rq`.
///
/// The parser takes groups apart and looks for `-h` among what it does not know: `-dash` would be a request for help,
/// which is no failure, and a file of that name would be left out. Here such a group becomes the one option in it that
/// is unknown, and the parser refuses it.
struct ShortOptionGroups {
    /// The arguments for the parser.
    let texts: [String]
    private let given: [String]
    private let command: any ParsableCommand.Type

    /// Takes the arguments of the program, which call that command.
    init(_ arguments: [String], of command: any ParsableCommand.Type) throws {
        (given, self.command) = (arguments, command)
        let options = Self.options(arguments)
        for option in options where ["-h=", "--help=", "--version="].contains(where: option.hasPrefix) {
            throw ValidationError("\(option.prefix { $0 != "=" }) takes no value.")
        }
        let isHelpWanted = options.contains { $0 == "-h" || $0 == "--help" }
        guard !isHelpWanted, options.contains(where: Self.mayLookLikeHelp) else {
            texts = arguments
            return
        }
        let names = ShortNames(of: command)
        texts =
            try options.map { try Self.mayLookLikeHelp($0) ? names.refusable($0) : $0 }
            + arguments[options.endIndex...]
    }

    /// The first group in which the command does not know an option; it may be meant as a file's name.
    var unknown: String? {
        let names = ShortNames(of: command)
        return Self.options(given).first { Self.isGroup($0) && names.unknown(in: $0) != nil }
    }

    /// What stands before `--`.
    private static func options(_ arguments: [String]) -> ArraySlice<String> { arguments.prefix { $0 != "--" } }

    /// Whether the parser takes an argument for short options.
    private static func isGroup(_ argument: String) -> Bool {
        argument.hasPrefix("-") && !argument.hasPrefix("--") && argument.count > 1 && !argument.contains("=")
    }

    private static func mayLookLikeHelp(_ argument: String) -> Bool {
        isGroup(argument) && argument.count > 2 && argument.contains("h")
    }
}

/// The short options of a command.
private struct ShortNames {
    /// Those without a value.
    private var flags: Set<Character> = ["h"]
    /// Those with a value.
    private var valued: Set<Character> = []

    init(of command: any ParsableCommand.Type) {
        // The parser shows what it knows in this form alone.
        let description = try? JSONValue(parsing: command._dumpHelp())
        for argument in description?["command"]?["arguments"]?.array ?? [] {
            for name in argument["names"]?.array ?? [] where name["kind"] == "short" {
                guard let letter = name["name"]?.string?.first else { continue }
                if argument["kind"] == "flag" { flags.insert(letter) } else { valued.insert(letter) }
            }
        }
    }

    /// The first option of a group that is not known.
    func unknown(in group: String) -> Character? {
        let letters = group.dropFirst()
        // The rest is its value.
        if let first = letters.first, valued.contains(first) { return nil }
        return letters.first { !flags.contains($0) && !valued.contains($0) }
    }

    /// The same group where it is right, else the option in it that the parser does not know.
    func refusable(_ group: String) throws -> String {
        if let unknown = unknown(in: group) { return "-\(unknown)" }
        if let name = group.dropFirst(2).first(where: valued.contains),
            !group.dropFirst().prefix(1).allSatisfy(valued.contains)
        {
            throw ValidationError("-\(name) takes a value and cannot stand in \(group).")
        }
        return group
    }
}
