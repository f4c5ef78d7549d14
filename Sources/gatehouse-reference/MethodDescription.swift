// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// A method, as people read it.
struct MethodDescription {
    /// A notification that goes with a method.
    struct Notification {
        let name: String
        let isFromClient: Bool
        let summary: String
        let members: [MemberDescription]
    }

    let name: String
    let schema: MethodSchema
    let parameters: [MemberDescription]
    /// A sentence about parameters of which there must be exactly one.
    let choice: String?
    /// What the result is.
    let outcome: String
    let result: [MemberDescription]
    let notifications: [Notification]

    /// The methods that the daemon has, in the order of their names.
    static let all = MethodSchema.all.values.map(MethodDescription.init).sorted { $0.name < $1.name }

    private init(_ schema: MethodSchema) {
        self.schema = schema
        name = schema.name
        let file = schema.name + ".json"
        let document = SchemaLibrary.document(file)
        parameters = SchemaDescription.members(of: document["params"] ?? .null, file: file)
        choice = SchemaDescription.choice(of: document["params"] ?? .null)
        outcome = SchemaDescription.resolve(document["result"] ?? .null, file).schema["description"]?.string ?? ""
        result = SchemaDescription.members(of: document["result"] ?? .null, file: file)
        notifications = (document["notifications"]?.object?.members ?? []).map { name, value in
            Notification(
                name: name,
                isFromClient: value["from"] == "client",
                summary: value["summary"]?.string ?? "",
                members: SchemaDescription.members(of: value["params"] ?? .null, file: file)
            )
        }
    }

    /// Who may call it where no policy says otherwise.
    var permission: String {
        switch schema.permission {
        case .scan: "everybody who can open the socket"
        case .read: "everybody who can open the socket; it only reads"
        case .call: "root and members of gatehouse-admin"
        case .administer: "everybody who can open the admin socket"
        }
    }
}

/// JSON for people: on one line where it is short.
enum PrettyJSON {
    static func text(_ value: JSONValue, indent: String = "") -> String {
        let line = compact(value)
        if line.utf8.count + indent.utf8.count <= 100 { return line }
        let inner = indent + "  "
        switch value {
        case .object(let object):
            let members = object.members.map {
                inner + JSONValue.string($0.name).text + ": " + text($0.value, indent: inner)
            }
            return "{\n" + members.joined(separator: ",\n") + "\n" + indent + "}"
        case .array(let elements):
            let lines = elements.map { inner + text($0, indent: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n" + indent + "]"
        default: return line
        }
    }

    private static func compact(_ value: JSONValue) -> String {
        switch value {
        case .object(let object):
            "{"
                + object.members.map { JSONValue.string($0.name).text + ": " + compact($0.value) }.joined(
                    separator: ", "
                ) + "}"
        case .array(let elements): "[" + elements.map(compact).joined(separator: ", ") + "]"
        default: value.text
        }
    }
}
