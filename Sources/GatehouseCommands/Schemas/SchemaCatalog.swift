// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// What the schemas of this program say, by name; no daemon is asked.
enum SchemaCatalog {
    /// A method.
    struct Method {
        /// The file of `schemas/` that holds it.
        let file: String
        /// The file's content.
        let document: JSONValue

        var name: String { document.text(of: "method") }
        /// The socket on which it is: `rpc` or `admin`.
        var socket: String { document.text(of: "socket") }
        var summary: String { document.text(of: "summary") }
        /// Whether it is described already and not there yet.
        var isPlanned: Bool { document["planned"]?.bool == true }
    }

    /// A message that goes with a method and is never answered.
    struct Notification {
        /// The method that it goes with.
        let method: Method
        /// Its name.
        let name: String
        /// What the method's file says about it.
        let document: JSONValue
    }

    /// All methods, in the order of their names.
    static let methods = SchemaLibrary.documents
        .filter { $0.value["method"]?.string != nil }
        .map { Method(file: $0.key, document: $0.value) }
        .sorted { $0.name < $1.name }

    /// All notifications, in the order of their methods.
    static let notifications = methods.flatMap { method in
        (method.document["notifications"]?.object?.members ?? []).map { name, document in
            Notification(method: method, name: name, document: document)
        }
    }

    /// All kinds of error, in the order of the file.
    static let errors = SchemaLibrary.documents["errors.json"]?["errors"]?.array ?? []

    /// The method of a name.
    static func method(_ name: String) -> Method? { methods.first { $0.name == name } }

    /// What a kind of error means.
    static func error(_ kind: String) -> JSONValue? { errors.first { $0.text(of: "kind") == kind } }

    /// Says that there is no method of a name, and which one may be meant.
    static func unknownMethod(_ name: String) -> String {
        unknown(name, "method", among: methods.map(\.name), list: "gatehouse methods")
    }

    /// Says that nothing has a name, and what may be meant.
    static func unknownName(_ name: String) -> String {
        let names = methods.map(\.name) + notifications.map(\.name) + errors.map { $0.text(of: "kind") }
        return unknown(name, "method, notification or kind of error", among: names, list: "gatehouse methods")
    }

    private static func unknown(_ name: String, _ what: String, among names: [String], list: String) -> String {
        let subject = "there is no \(what) '\(VisibleText.of(name))' in this version"
        guard let guess = EditDistance.nearest(to: name, among: names) else { return "\(subject); see \"\(list)\"" }
        return "\(subject); did you mean '\(guess)'?"
    }
}

extension JSONValue {
    /// The text of a member; empty where there is none.
    func text(of name: String) -> String { self[name]?.string ?? "" }
}
