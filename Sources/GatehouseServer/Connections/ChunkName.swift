// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// How a chunk names its upload.
struct ChunkName {
    /// The id as this side writes it.
    let token: String
    /// What a careless reader takes it for: a string's text, or a number's shortest one.
    private let reading: String

    /// Nil where the params hold nothing that can be an id.
    init?(_ params: JSONValue) {
        guard let value = params["id"], let reading = Self.reading(of: value) else { return nil }
        token = value.text
        self.reading = reading
    }

    /// Whether a client that confuses numbers with strings, or `1` with `1.0`, may have meant that request.
    func readsLike(_ id: MessageID) -> Bool {
        guard let value = try? JSONValue(parsing: id.token) else { return false }
        return Self.reading(of: value) == reading
    }

    private static func reading(of value: JSONValue) -> String? {
        switch value {
        case .string(let text): (try? JSONValue(parsing: text))?.number.map(shortest) ?? text
        case .number(let number): shortest(number)
        // Whoever has lost an id writes null.
        case .null, .bool, .array, .object: nil
        }
    }

    private static func shortest(_ number: JSONNumber) -> String {
        number.integer.map { String($0) } ?? number.text
    }
}
