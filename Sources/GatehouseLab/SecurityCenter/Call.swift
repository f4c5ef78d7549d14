// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// One call of a method, as the node that answers it sees it.
struct Call: Sendable {
    /// The class, with its instance before it where there is one.
    let className: String
    /// The method's name.
    let method: String
    /// The parameters by name.
    let parameters: JSONValue
    /// The login that it comes through.
    let owner: Login.Owner
    /// The node that answers.
    let node: NodeName
    /// The virtual server of the login, empty for the main one.
    let virtualServer: String
    /// The time.
    let now: LabInstant

    /// Class and method.
    var name: String { "\(className).\(method)" }
}

/// Parameters are taken wrapped and bare, since clients differ in what they wrap at the top.
extension Call {
    func text(_ name: String) throws(PxgError) -> String {
        guard let value = parameters[name] else { throw .missingParameter(name) }
        if value == .null { return "" }
        guard let text = value.unwrapped.text else { throw .badFormat(name) }
        return text
    }

    /// A text that may be left out, empty then.
    func optionalText(_ name: String) throws(PxgError) -> String {
        guard parameters[name] != nil else { return "" }
        return try text(name)
    }

    func number(_ name: String) throws(PxgError) -> Int {
        guard let value = parameters[name] else { throw .missingParameter(name) }
        guard let number = value.unwrapped.number else { throw .badFormat(name) }
        return number
    }

    func bool(_ name: String) throws(PxgError) -> Bool {
        guard let value = parameters[name] else { throw .missingParameter(name) }
        guard case .bool(let bool) = value else { throw .badFormat(name) }
        return bool
    }

    /// The members of a container, empty where it is null.
    func container(_ name: String) throws(PxgError) -> JSONValue {
        guard let value = parameters[name] else { throw .missingParameter(name) }
        if value == .null { return [:] }
        guard let container = value.unwrapped.container else { throw .badFormat(name) }
        return container
    }

    /// The members of a container that may be left out.
    func optionalContainer(_ name: String) throws(PxgError) -> JSONValue {
        guard parameters[name] != nil else { return [:] }
        return try container(name)
    }

    /// The elements of an array that may be left out, each without its wrapper.
    func list(_ name: String) throws(PxgError) -> [JSONValue] {
        guard let value = parameters[name], value != .null else { return [] }
        guard case .array(let elements) = value else { throw .badFormat(name) }
        return elements.map(\.unwrapped)
    }

    /// The texts of an array that may be left out.
    func texts(_ name: String) throws(PxgError) -> [String] {
        var texts: [String] = []
        for element in try list(name) {
            guard let text = element.text else { throw .badFormat(name) }
            texts.append(text)
        }
        return texts
    }
}
