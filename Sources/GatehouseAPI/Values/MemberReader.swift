// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// Takes the members of an object out with their types, for the `init(json:)` of the API's types.
struct MemberReader {
    private let object: JSONObject
    private let subject: String

    /// Takes an object; `subject` is what it is called in an error.
    init(_ json: JSONValue, _ subject: String) throws(APIError) {
        guard let object = json.object else { throw APIError(.internal, "the \(subject) is not an object") }
        self.object = object
        self.subject = subject
    }

    func fault(_ name: String) -> APIError {
        APIError(.internal, "member '\(name)' of the \(subject) is missing or not what it should be")
    }

    func value(_ name: String) throws(APIError) -> JSONValue {
        guard let value = object[name] else { throw fault(name) }
        return value
    }

    /// nil where the member is missing; null stays null.
    func optionalValue(_ name: String) -> JSONValue? { object[name] }

    func string(_ name: String) throws(APIError) -> String {
        guard let text = object[name]?.string else { throw fault(name) }
        return text
    }

    func bool(_ name: String) throws(APIError) -> Bool {
        guard let value = object[name]?.bool else { throw fault(name) }
        return value
    }

    func integer(_ name: String) throws(APIError) -> Int64 {
        guard let value = object[name]?.integer else { throw fault(name) }
        return value
    }

    func time(_ name: String) throws(APIError) -> Timestamp {
        guard let time = Timestamp(try string(name)) else { throw fault(name) }
        return time
    }

    /// nil where the member is missing or null.
    func optionalString(_ name: String) throws(APIError) -> String? {
        try isNone(name) ? nil : string(name)
    }

    /// nil where the member is missing or null.
    func optionalBool(_ name: String) throws(APIError) -> Bool? {
        try isNone(name) ? nil : bool(name)
    }

    /// nil where the member is missing or null.
    func optionalInteger(_ name: String) throws(APIError) -> Int64? {
        try isNone(name) ? nil : integer(name)
    }

    /// nil where the member is missing or null.
    func optionalTime(_ name: String) throws(APIError) -> Timestamp? {
        try isNone(name) ? nil : time(name)
    }

    /// nil where the member is missing or null.
    func optionalObject<Value: JSONRepresentable>(_ name: String) throws(APIError) -> Value? {
        guard let value = object[name], !value.isNull else { return nil }
        return try Value(json: value)
    }

    func list<Element: JSONRepresentable>(_ name: String) throws(APIError) -> [Element] {
        guard let array = object[name]?.array else { throw fault(name) }
        var elements: [Element] = []
        elements.reserveCapacity(array.count)
        for value in array { elements.append(try Element(json: value)) }
        return elements
    }

    func members(_ name: String) throws(APIError) -> JSONObject {
        guard let members = object[name]?.object else { throw fault(name) }
        return members
    }

    func values(_ name: String) throws(APIError) -> [JSONValue] {
        guard let array = object[name]?.array else { throw fault(name) }
        return array
    }

    func strings(_ name: String) throws(APIError) -> [String] {
        let array = try values(name)
        let strings = array.compactMap(\.string)
        guard strings.count == array.count else { throw fault(name) }
        return strings
    }

    func integers(_ name: String) throws(APIError) -> [Int64] {
        let array = try values(name)
        let integers = array.compactMap(\.integer)
        guard integers.count == array.count else { throw fault(name) }
        return integers
    }

    func member<Value: JSONRepresentable>(_ name: String) throws(APIError) -> Value {
        try Value(json: try value(name))
    }

    func word<Word: RawRepresentable<String>>(_ name: String) throws(APIError) -> Word {
        guard let word = Word(rawValue: try string(name)) else { throw fault(name) }
        return word
    }

    /// The index in `{"fd": 0}`.
    func fileIndex(_ name: String) throws(APIError) -> Int {
        guard let index = object[name]?["fd"]?.integer.flatMap(Int.init(exactly:)), index >= 0 else {
            throw fault(name)
        }
        return index
    }

    /// nil where the member is missing or null.
    func optionalMembers(_ name: String) throws(APIError) -> JSONObject? {
        try isNone(name) ? nil : members(name)
    }

    /// nil where the member is missing or null.
    func optionalValues(_ name: String) throws(APIError) -> [JSONValue]? {
        try isNone(name) ? nil : values(name)
    }

    /// nil where the member is missing or null.
    func optionalStrings(_ name: String) throws(APIError) -> [String]? {
        try isNone(name) ? nil : strings(name)
    }

    /// nil where the member is missing or null.
    func optionalIntegers(_ name: String) throws(APIError) -> [Int64]? {
        try isNone(name) ? nil : integers(name)
    }

    /// nil where the member is missing or null.
    func optionalWord<Word: RawRepresentable<String>>(_ name: String) throws(APIError) -> Word? {
        try isNone(name) ? nil : word(name)
    }

    private func isNone(_ name: String) -> Bool { object[name]?.isNull ?? true }
}
