// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// What all shells complete.
enum Completion {
    /// The beginning of each file, after whatever the shell wants first.
    static let mark = "# \(GeneratedTree.mark). Do not edit.\n"

    /// Params to paste for a method: those of its examples, then the beginning of an object with each of its members.
    static func parameters(_ method: MethodDescription) -> [(text: String, about: String)] {
        let examples = method.schema.examples.map { ($0.params.text, $0.summary) }
        let members = method.parameters.filter { !$0.path.contains(".") && !$0.path.contains("[") }.map { member in
            (#"{"\#(member.path)": "#, member.meaning.split(separator: ". ").first.map(String.init) ?? "")
        }
        return members + examples
    }

    /// Whatever the schemas have a name for: methods, notifications, kinds of error.
    static func topics(_ methods: [MethodDescription]) -> [(name: String, about: String)] {
        var topics = methods.map { ($0.name, $0.schema.summary) }
        for note in methods.flatMap(\.notifications) where !topics.contains(where: { $0.0 == note.name }) {
            topics.append((note.name, "A notification."))
        }
        return topics + ErrorKind.defined.map { ($0.rawValue, $0.summary) }
    }

    /// Every command that has arguments or commands below it, by its words after `gatehouse`.
    static func all(_ program: ProgramDescription) -> [ProgramDescription] {
        [program.withOptionsBeforeCommands] + program.subcommands.flatMap(below)
    }

    private static func below(_ program: ProgramDescription) -> [ProgramDescription] {
        [program] + program.subcommands.flatMap(below)
    }

    /// The options that are followed by a value.
    static func valued(_ program: ProgramDescription) -> [String] {
        Set(all(program).flatMap(\.arguments).filter { $0.value != nil }.flatMap(\.names)).sorted()
    }

    /// Whether a value is the path of a file.
    static func isPath(_ argument: ProgramDescription.Argument) -> Bool {
        argument.value == "path" || argument.value == "file"
    }

    /// Whether an option's value is the name of a method.
    static func takesMethod(_ argument: ProgramDescription.Argument) -> Bool {
        argument.value == "method" && !argument.names.isEmpty
    }

    /// What the value of an option, or what stands without a name, may be; empty where that is not known.
    static func values(_ argument: ProgramDescription.Argument, _ methods: [MethodDescription]) -> [String] {
        takesMethod(argument) ? methods.map(\.name) : argument.values
    }

    /// A text in single quotes, as every shell reads it but fish, which minds the backslash too.
    static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: #"'\''"#) + "'" }
}
