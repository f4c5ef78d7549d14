// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// What `gatehouse describe` prints about a name.
struct Description {
    /// For people.
    let lines: [String]
    /// What the schemas say, as it stands there.
    let document: JSONValue

    /// The description of a method, a notification or a kind of error; nil where nothing has that name.
    init?(of name: String) {
        let notifications = SchemaCatalog.notifications.filter { $0.name == name }
        if let method = SchemaCatalog.method(name) {
            lines = Self.lines(of: method)
            document = method.document
        } else if let first = notifications.first {
            lines = Array(notifications.map(Self.lines(of:)).joined(separator: [""]))
            document = first.document
        } else if let error = SchemaCatalog.error(name) {
            lines = Self.lines(ofError: error)
            document = error
        } else {
            return nil
        }
    }

    private static func lines(of method: SchemaCatalog.Method) -> [String] {
        let document = method.document
        var lines = Paragraph.lines("\(method.name): \(method.summary)")
        lines += section(Paragraph.lines(document.text(of: "description")))
        lines += section(facts(of: method))
        lines += section(["Parameters:"] + outline(method, "params", .writing))
        lines += section(["Result:"] + outline(method, "result", .reading))
        for notification in SchemaCatalog.notifications where notification.method.name == method.name {
            lines += section(Self.lines(of: notification))
        }
        lines += section(["Errors:"] + errors(of: method))
        return lines + section(examples(of: method))
    }

    private static func section(_ lines: [String]) -> [String] { lines.isEmpty ? [] : [""] + lines }

    private static func facts(of method: SchemaCatalog.Method) -> [String] {
        let document = method.document
        var table = Table()
        if method.isPlanned { table.add(["State:", "planned, not in this version"]) }
        table.add(["Permission:", document.text(of: "permission")])
        table.add(["Socket:", document.text(of: "socket")])
        table.add(["Since:", document.text(of: "since")])
        return table.lines
    }

    private static func outline(
        _ method: SchemaCatalog.Method,
        _ part: String,
        _ view: SchemaOutline.View
    ) -> [String] {
        SchemaOutline.lines(SchemaReference(schema: method.document[part] ?? .null, file: method.file), view)
    }

    private static func lines(of notification: SchemaCatalog.Notification) -> [String] {
        let isOurs = notification.document.text(of: "from") == "client"
        let title =
            "Notification \(notification.name), "
            + (isOurs ? "from the caller, with \(notification.method.name):" : "from the daemon:")
        let params = notification.document["params"] ?? .null
        let schema = SchemaReference(schema: params, file: notification.method.file)
        return [title] + Paragraph.lines(notification.document.text(of: "summary"), indent: 2)
            + SchemaOutline.lines(schema, isOurs ? .writing : .reading)
    }

    private static func errors(of method: SchemaCatalog.Method) -> [String] {
        let kinds = method.document["errors"]?.array?.compactMap(\.string) ?? []
        return kinds.compactMap(SchemaCatalog.error).flatMap { error in
            ["  \(error.text(of: "kind")) (\(error["code"]?.text ?? "")\(retryable(error)))"]
                + Paragraph.lines(error.text(of: "summary"), indent: 6)
                + Paragraph.lines(error.text(of: "hint"), indent: 6)
        }
    }

    private static func retryable(_ error: JSONValue) -> String {
        error["retryable"]?.bool == true ? ", the same request may succeed later" : ""
    }

    private static func lines(ofError error: JSONValue) -> [String] {
        let kind = error.text(of: "kind")
        let methods = SchemaCatalog.methods.filter {
            $0.document["errors"]?.array?.contains(.string(kind)) == true
        }
        var table = Table()
        table.add(["Code:", error["code"]?.text ?? ""])
        table.add(["Retryable:", error["retryable"]?.bool == true ? "the same request may succeed later" : "no"])
        table.add(["Since:", error.text(of: "since")])
        let names = methods.isEmpty ? "any request" : methods.map(\.name).joined(separator: ", ")
        return Paragraph.lines("\(kind): \(error.text(of: "summary"))") + section(table.lines)
            + section(["What to do:"] + Paragraph.lines(error.text(of: "hint"), indent: 2))
            + section(["Answered to:"] + Paragraph.lines(names, indent: 2))
    }

    /// The examples as lines for a shell.
    private static func examples(of method: SchemaCatalog.Method) -> [String] {
        let examples = method.document["examples"]?.array ?? []
        guard !examples.isEmpty else { return [] }
        let calls = examples.flatMap { example in
            ["  # \(VisibleText.of(example.text(of: "summary")))", "  \(ExampleCall.line(method, example))"]
        }
        let answer = examples[0]["result"]?.prettyText.split(separator: "\n").map { "  \($0)" } ?? []
        return ["Examples, to paste into a shell:"] + calls + ["", "The first one answers, for example:"] + answer
    }
}
