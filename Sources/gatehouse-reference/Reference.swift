// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// `docs/reference.md`.
enum Reference {
    static func markdown(_ methods: [MethodDescription]) -> String {
        var text = """
            <!-- \(GeneratedTree.mark) from schemas/. Do not edit: change the schemas, then run swift run gatehouse-reference . -->

            # Reference

            Gatehouse \(gatehouseVersion). Every method of this version, every kind of error, and every key of the
            configuration. The same text is in the manual pages under `docs/man/`; a running daemon answers it as an OpenRPC
            document to `rpc.discover`.

            ## Methods

            | method | what it does |
            | --- | --- |

            """
        for method in methods {
            text += "| [`\(method.name)`](#\(anchor(method.name))) | \(cell(method.schema.summary)) |\n"
        }
        for method in methods { text += section(method) }
        text += errors() + configuration()
        return text
    }

    private static func section(_ method: MethodDescription) -> String {
        let schema = method.schema
        var text = """

            ### `\(method.name)`

            \(schema.summary) \(schema.description)

            On the socket `\(schema.socket)`, since \(schema.since). Without a policy it is for \(method.permission).

            """
        text += part("Params", method.parameters, method.choice)
        text += part("Result", method.result, method.outcome)
        for note in method.notifications {
            let side = note.isFromClient ? "from the client" : "from the daemon"
            text += part("Notification `\(note.name)`, \(side)", note.members, note.summary)
        }
        text +=
            "\n**Errors**: " + schema.errors.map { "[`\($0.rawValue)`](#error-kinds)" }.joined(separator: ", ") + "\n"
        for example in schema.examples {
            text += "\n\(example.summary):\n\n```json\n"
            text += PrettyJSON.text(["method": .string(method.name), "params": example.params]) + "\n```\n\n```json\n"
            text += PrettyJSON.text(["result": example.result]) + "\n```\n"
        }
        return text
    }

    private static func part(_ title: String, _ members: [MemberDescription], _ note: String?) -> String {
        var text = "\n**\(title)**" + (note.map { ": \($0)" } ?? "") + "\n"
        guard !members.isEmpty else { return text + (note == nil ? "\nNone.\n" : "") }
        text += "\n| member | type | | meaning |\n| --- | --- | --- | --- |\n"
        for member in members { text += row(member) }
        return text
    }

    private static func row(_ member: MemberDescription) -> String {
        let presence = member.isRequired ? "required" : member.standard.map { "default `\($0)`" } ?? ""
        return "| `\(member.path)` | \(cell(member.type)) | \(presence) | \(cell(member.meaning)) |\n"
    }

    private static func errors() -> String {
        var text = """

            ## Error kinds

            `error.data.kind` is one of these words, `error.code` its number. Whether the same request may succeed later is the
            default; the error's own `retryable` may say otherwise.

            | kind | code | later? | what happened | what to do |
            | --- | --- | --- | --- | --- |

            """
        for kind in ErrorKind.defined {
            text += "| `\(kind.rawValue)` | \(kind.code) | \(kind.isRetryable ? "yes" : "no") "
            text += "| \(cell(kind.summary)) | \(cell(kind.hint)) |\n"
        }
        return text
    }

    private static func configuration() -> String {
        let file = SchemaLibrary.document("config.json")
        var text = """

            ## Configuration

            \(file["description"]?.string ?? "") NAME stands for a name of your choice. What each key is for, with examples:
            [configuration.md](configuration.md).

            | key | type | | meaning |
            | --- | --- | --- | --- |

            """
        for member in SchemaDescription.members(of: file, file: "config.json") { text += row(member) }
        return text
    }

    private static func cell(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("<", with: "&lt;").replacing("*", with: "\\*")
    }

    /// GitHub's anchor of a heading in backticks.
    private static func anchor(_ name: String) -> String { name.lowercased().replacing(".", with: "") }
}
