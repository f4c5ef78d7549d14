// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

extension KLPARValue {
    /// The value as the wire has it at a place.
    ///
    /// A null inside a container, which the wire does not have, is left out.
    package func json(_ position: KLPARPosition) -> JSONValue {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .number(let number): .number(number)
        case .string(let text): .string(text)
        case .array(let elements): .array(elements.map { $0.json(.element) })
        case .long(let value): Self.wrapped("long", .number(JSONNumber(value)), position)
        case .float(let number): Self.wrapped("float", .number(number), position)
        case .double(let number): Self.wrapped("double", .number(number), position)
        case .dateTime(let text): Self.wrapped("datetime", .string(text), position)
        case .date(let text): Self.wrapped("date", .string(text), position)
        case .binary(let bytes):
            Self.wrapped("binary", .string(Base64.text(bytes)), position)
        case .params(let params): Self.wrapped("params", .object(params.json), position)
        }
    }

    private static func wrapped(_ type: String, _ value: JSONValue, _ position: KLPARPosition) -> JSONValue {
        guard position != .top else { return value }
        return ["type": .string(type), "value": value]
    }
}

extension KLPARParams {
    /// The members without the container's wrapper, as an argument has them.
    package var json: JSONObject {
        var object = JSONObject()
        for (name, value) in members where value != .null { object[name] = value.json(.member) }
        return object
    }
}
