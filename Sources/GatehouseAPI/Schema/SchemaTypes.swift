// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// The types that a schema takes.
struct SchemaTypes: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = SchemaTypes(rawValue: 1)
    static let boolean = SchemaTypes(rawValue: 2)
    static let integer = SchemaTypes(rawValue: 4)
    /// A number with a fraction; `number` in a schema means this and ``integer``.
    static let fraction = SchemaTypes(rawValue: 8)
    static let string = SchemaTypes(rawValue: 16)
    static let array = SchemaTypes(rawValue: 32)
    static let object = SchemaTypes(rawValue: 64)
    static let any = SchemaTypes(rawValue: 127)

    /// The type of a schema's word.
    init?(word: String) {
        switch word {
        case "null": self = .null
        case "boolean": self = .boolean
        case "integer": self = .integer
        case "number": self = [.integer, .fraction]
        case "string": self = .string
        case "array": self = .array
        case "object": self = .object
        default: return nil
        }
    }

    init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The type of a value.
    init(of value: JSONValue) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .number(let number): self = number.integer == nil ? .fraction : .integer
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }
}
