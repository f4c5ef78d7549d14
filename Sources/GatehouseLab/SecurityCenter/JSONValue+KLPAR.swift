// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The vendor's parameter containers in JSON: what is no plain JSON stands in `{"type": …, "value": …}`.
extension JSONValue {
    /// A container as it stands inside of another one or of an array.
    package static func params(_ members: JSONValue) -> JSONValue { ["type": "params", "value": members] }

    /// A 64-bit number inside of a container.
    package static func long(_ number: Int) -> JSONValue { ["type": "long", "value": .integer(number)] }

    /// Bytes inside of a container.
    package static func binary(_ bytes: some Sequence<UInt8>) -> JSONValue {
        ["type": "binary", "value": .string(ByteCoding.base64(bytes))]
    }

    /// A time inside of a container, in whole seconds.
    package static func dateTime(_ instant: LabInstant) -> JSONValue {
        ["type": "datetime", "value": .string(instant.klparText)]
    }

    /// Texts as an array.
    package static func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }

    private static let typeWords: Set<String> = [
        "params", "long", "datetime", "date", "binary", "float", "double",
    ]

    /// The inner value of `{"type": …, "value": …}`, or the value itself where it is not of this form.
    package var unwrapped: JSONValue {
        guard case .object(let members) = self, members.count == 2, let type = self["type"]?.text,
            Self.typeWords.contains(type), let value = self["value"]
        else { return self }
        return value
    }

    /// A container's members with every container inside of it wrapped; nil where the vendor's clients could not read it.
    ///
    /// null is no member's value, and what stands in a wrapper must be of its type. Elements of arrays may be null.
    /// Source: the type pages of the Open API, and what the vendor's Python package refuses to read.
    package var container: JSONValue? {
        guard case .object(let members) = self else { return nil }
        var whole: [Member] = []
        for member in members {
            guard member.value != .null, let value = member.value.contained else { return nil }
            whole.append(Member(name: member.name, value: value))
        }
        return .object(whole)
    }

    /// A value as it stands inside of a container, or nil.
    private var contained: JSONValue? {
        switch self {
        case .array(let elements):
            let whole = elements.map(\.contained)
            return whole.contains(nil) ? nil : .array(whole.compactMap(\.self))
        case .object(let members):
            guard members.count == 2, let type = self["type"]?.text, let value = self["value"] else {
                return container.map(JSONValue.params)
            }
            if type == "params" { return value.container.map(JSONValue.params) }
            return value.fits(type) ? self : nil
        default: return self
        }
    }

    private func fits(_ type: String) -> Bool {
        switch (type, self) {
        case ("long", .integer), ("float", .integer), ("float", .double), ("double", .integer), ("double", .double):
            true
        case ("binary", .string(let text)): ByteCoding.decodeBase64(text) != nil
        case ("datetime", .string(let text)): text.isEmpty || Self.matches(text, "0000-00-00T00:00:00Z")
        case ("date", .string(let text)): text.isEmpty || Self.matches(text, "0000-00-00")
        default: false
        }
    }

    /// Whether a text has digits where the form has zeros, and is like it elsewhere.
    private static func matches(_ text: String, _ form: String) -> Bool {
        text.utf8.count == form.utf8.count
            && zip(text.utf8, form.utf8).allSatisfy { $1 == 0x30 ? (0x30...0x39).contains($0) : $0 == $1 }
    }

    /// Whether two values are the same when the order of members is left out of account; no member may be repeated.
    package func matches(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.object(let left), .object(let right)):
            guard left.count == right.count, Set(right.map(\.name)).count == right.count else { return false }
            return left.allSatisfy { member in other[member.name].map(member.value.matches) ?? false }
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.matches($1) }
        default: return self == other
        }
    }

    /// The object with one more member at its end.
    func adding(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.name != name } + [Member(name: name, value: value)])
    }
}

extension LabInstant {
    /// Whole seconds of UTC with a literal Z, the only form that the vendor's client reads.
    package var klparText: String { LabInstant(seconds: seconds).iso8601.prefix(19) + "Z" }
}
