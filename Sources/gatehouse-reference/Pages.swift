// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// `gatehouse-METHOD.7`.
enum MethodPage {
    static func text(_ method: MethodDescription) -> String {
        let schema = method.schema
        var page = Roff("gatehouse-\(method.name)", section: 7, name: lowered(schema.summary))
        page.heading("SYNOPSIS")
        if let example = schema.examples.first {
            page.paragraphs("gatehouse rpc \(method.name) '\(example.params.text)'")
        }
        page.heading("DESCRIPTION")
        page.paragraphs(schema.summary + " " + schema.description)
        page.next(
            "A method of the JSON-RPC socket \(schema.socket), since \(schema.since). Without a policy it is for \(method.permission)."
        )
        page.heading("PARAMS")
        if method.parameters.isEmpty { page.paragraphs("None.") }
        if let choice = method.choice { page.paragraphs(choice) }
        page.members(method.parameters)
        page.heading("RESULT")
        page.paragraphs(method.outcome)
        page.members(method.result)
        for note in method.notifications {
            page.heading("NOTIFICATION \(note.name)")
            page.paragraphs((note.isFromClient ? "From the client. " : "From the daemon. ") + note.summary)
            page.members(note.members)
        }
        page.heading("ERRORS")
        page.paragraphs("The kind is error.data.kind, the number error.code.")
        for kind in schema.errors { page.term(kind.rawValue, "(\(kind.code))", kind.summary + " " + kind.hint) }
        page.heading("EXAMPLES")
        for (index, example) in schema.examples.enumerated() {
            index == 0 ? page.paragraphs(example.summary + ":") : page.next(example.summary + ":")
            page.verbatim(PrettyJSON.text(["method": .string(method.name), "params": example.params]))
            page.verbatim(PrettyJSON.text(["result": example.result]))
        }
        page.seeAlso(["gatehouse(1)", "gatehouse.yaml(5)", "gatehoused(8)"])
        return page.text
    }

    /// A sentence as the one line of a page's name.
    static func lowered(_ sentence: String) -> String {
        var text = sentence
        if text.hasSuffix(".") { text.removeLast() }
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

/// `gatehouse.yaml.5`.
enum ConfigurationPage {
    static func text() -> String {
        let file = SchemaLibrary.document("config.json")
        var page = Roff("gatehouse.yaml", section: 5, name: "the configuration of gatehoused")
        page.heading("DESCRIPTION")
        page.paragraphs(file["description"]?.string ?? "")
        page.next(
            """
            It is YAML 1.2 without anchors, tags and merge keys, at most 1 MiB; JSON is good too. gatehoused --check-config \
            prints every fault with its key and line.
            """
        )
        page.heading("KEYS")
        page.paragraphs("NAME stands for a name of your choice.")
        page.members(SchemaDescription.members(of: file, file: "config.json"))
        page.heading("EXAMPLES")
        for (index, example) in (file["examples"]?.array ?? []).enumerated() {
            page.paragraphs(index == 0 ? "As JSON:" : "Another one:")
            page.verbatim(PrettyJSON.text(example))
        }
        page.heading("FILES")
        page.term("/etc/gatehouse/gatehouse.yaml", "", "Where gatehoused looks for it.")
        page.seeAlso(["gatehouse(1)", "gatehoused(8)"])
        return page.text
    }
}

/// `gatehoused.8`, from the daemon's own help.
enum DaemonPage {
    static func text(help: String) -> String {
        let lines = help.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let name = lines.first?.split(separator: ":", maxSplits: 1).last.map { String($0.dropFirst()) } ?? ""
        var page = Roff("gatehoused", section: 8, name: name)
        page.heading("SYNOPSIS")
        for (index, line) in lines.filter({ $0.contains("gatehoused [") || $0.contains("gatehoused --") }).enumerated()
        {
            let usage = line.replacing("Usage:", with: "").trimming()
            index == 0 ? page.paragraphs(usage) : page.next(usage)
        }
        page.heading("DESCRIPTION")
        page.paragraphs(
            """
            The daemon answers JSON-RPC 2.0 on a Unix socket. It alone holds credentials and tokens; programs of this host pass it open \
            files and get verdicts. systemd starts it on the first connection.
            """
        )
        page.heading("OPTIONS")
        for line in lines where line.hasPrefix("  --") {
            let parts = line.trimming().split(separator: "  ", maxSplits: 1).map { String($0).trimming() }
            let about = parts.count > 1 ? parts[1] : ""
            page.term(parts[0], "", about.prefix(1).uppercased() + about.dropFirst() + ".")
        }
        page.heading("FILES")
        page.term("/etc/gatehouse/gatehouse.yaml", "", "The configuration.")
        page.term("/run/gatehouse/rpc.sock", "", "The socket for callers.")
        page.term("/run/gatehouse-admin/admin.sock", "", "The socket for administrators.")
        page.seeAlso(["gatehouse(1)", "gatehouse.yaml(5)"] + MethodDescription.all.map { "gatehouse-\($0.name)(7)" })
        return page.text
    }
}

extension String {
    fileprivate func trimming() -> String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
