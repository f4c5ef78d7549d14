// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

extension JSONObject {
    /// A peer's object in which no text is left that may be a token, as by ``withoutTokens(_:_:)``.
    ///
    /// An answer that is no verdict may be anything, a gateway's complaint that quotes the header it got included.
    func withoutTokens() -> JSONObject {
        var kept = JSONObject()
        // Setting a member walks the members, and an answer has few: more than these are nobody's report.
        for (name, value) in members.prefix(256) {
            kept[GatehouseAntivirus.withoutTokens(name, 128)] = value.withoutTokens()
        }
        return kept
    }
}

extension JSONValue {
    fileprivate func withoutTokens() -> JSONValue {
        switch self {
        case .string(let text): .string(GatehouseAntivirus.withoutTokens(text, 1024))
        case .array(let elements): .array(elements.prefix(256).map { $0.withoutTokens() })
        case .object(let object): .object(object.withoutTokens())
        case .number(let number): number.text.utf8.count <= 64 ? self : .null
        case .null, .bool: self
        }
    }
}
