// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseCommands
import GatehouseWire

/// The commands of `gatehouse`, as its argument parser describes them.
struct ProgramDescription {
    struct Argument {
        /// With their dashes; none for what stands without a name.
        let names: [String]
        /// What its value is called; nil for a flag.
        let value: String?
        let summary: String
        let isOptional: Bool
        let isRepeating: Bool
        /// What its value may be, where the parser knows.
        let values: [String]
    }

    /// The words that call it, `gatehouse` first.
    let words: [String]
    let summary: String
    let discussion: String
    private(set) var arguments: [Argument]
    let subcommands: [ProgramDescription]

    /// The whole program.
    static func gatehouse() throws -> ProgramDescription {
        let dump = try JSONValue(parsing: GatehouseCommand._dumpHelp())
        return ProgramDescription(dump["command"] ?? .null, above: [])
    }

    private init(_ json: JSONValue, above: [String]) {
        words = above + [json["commandName"]?.string ?? ""]
        summary = json["abstract"]?.string ?? ""
        discussion = json["discussion"]?.string ?? ""
        arguments = (json["arguments"]?.array ?? []).filter { $0["shouldDisplay"]?.bool == true }.map(Argument.init)
        let words = words
        subcommands = (json["subcommands"]?.array ?? [])
            .filter { $0["shouldDisplay"]?.bool == true && $0["commandName"] != "help" }
            .map { ProgramDescription($0, above: words) }
    }

    /// The same with the options that stand before a command's name as well as after it.
    var withOptionsBeforeCommands: ProgramDescription {
        let names = ["--socket", "--admin-socket", "--profile", "--timeout", "--json"]
        let known = leaves.flatMap(\.arguments)
        var program = self
        program.arguments += names.compactMap { name in known.first { $0.names == [name] } }
        return program
    }

    /// The commands that do something, those below this one included.
    var leaves: [ProgramDescription] { subcommands.isEmpty ? [self] : subcommands.flatMap(\.leaves) }

    /// Whether the first argument is the name of a method.
    var takesMethod: Bool { arguments.first { $0.names.isEmpty }?.value == "method" }

    /// Whether it takes whatever the schemas have a name for.
    var takesTopic: Bool { words.last == "describe" && arguments.contains { $0.names.isEmpty } }

    /// Whether an argument after that one is the method's params.
    var takesParameters: Bool { takesMethod && arguments.filter { $0.names.isEmpty }.count > 1 }
}

extension ProgramDescription.Argument {
    fileprivate init(_ json: JSONValue) {
        names = (json["names"]?.array ?? []).map { ($0["kind"] == "short" ? "-" : "--") + ($0["name"]?.string ?? "") }
        value = json["kind"] == "flag" ? nil : json["valueName"]?.string ?? "value"
        summary = json["abstract"]?.string ?? ""
        isOptional = json["isOptional"]?.bool ?? false
        isRepeating = json["isRepeating"]?.bool ?? false
        values = json["allValues"]?.array?.compactMap(\.string) ?? []
    }

    /// For example `[-j NUMBER]` or `PATH...`.
    var usage: String {
        let value = value.map { $0.uppercased() }
        let text = [names.last(where: { $0.hasPrefix("--") }) ?? names.first, value].compactMap { $0 }.joined(
            separator: " "
        )
        return (isOptional ? "[\(text)]" : text) + (isRepeating ? "..." : "")
    }
}

/// `gatehouse.1`.
enum ProgramPage {
    static func text(_ program: ProgramDescription) -> String {
        var page = Roff("gatehouse", section: 1, name: MethodPage.lowered(program.summary))
        page.heading("SYNOPSIS")
        page.paragraphs("gatehouse COMMAND [OPTION]...")
        page.heading("DESCRIPTION")
        page.paragraphs(program.summary)
        page.next(program.discussion)
        page.heading("COMMANDS")
        for command in program.leaves {
            page.subheading(
                ([command.words.joined(separator: " ")] + command.arguments.filter { $0.names.isEmpty }.map(\.usage))
                    .joined(separator: " ")
            )
            page.paragraphs(command.summary)
            if !command.discussion.isEmpty { page.next(command.discussion) }
            for argument in command.arguments
            where argument.names != ["--version"] && !argument.names.contains("--help") {
                let names =
                    argument.names.isEmpty ? argument.value?.uppercased() ?? "" : argument.names.joined(separator: ", ")
                page.term(names, argument.names.isEmpty ? "" : argument.value?.uppercased() ?? "", argument.summary)
            }
        }
        page.heading("ENVIRONMENT")
        page.term("GATEHOUSE_SOCKET", "", "The daemon's socket, where --socket does not name one.")
        page.term(
            "GATEHOUSE_ADMIN_SOCKET",
            "",
            "The daemon's socket for administrators, where --admin-socket does not name one."
        )
        page.term("TMPDIR", "", "Where standard input is copied to before it is scanned; /tmp where it is not set.")
        page.term("NO_COLOR", "", "No colours where it is set and not empty.")
        page.seeAlso(["gatehouse.yaml(5)", "gatehoused(8)"] + MethodDescription.all.map { "gatehouse-\($0.name)(7)" })
        return page.text
    }
}
