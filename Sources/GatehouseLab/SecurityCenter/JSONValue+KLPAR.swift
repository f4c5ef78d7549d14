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
