// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire

extension JSONObject {
    /// A peer's object in which no text is left that may be a token, as by ``withoutTokens(_:_:_:)``.
    ///
    /// An answer that is no verdict may be anything, a gateway's complaint that quotes the header it got included.
    func withoutTokens(_ redaction: Redaction) -> JSONObject {
        var kept = JSONObject()
        // Setting a member walks the members, and an answer has few: more than these are nobody's report.
        for (name, value) in members.prefix(256) {
            kept[GatehouseAntivirus.withoutTokens(name, 128, redaction)] = value.withoutTokens(redaction)
        }
        return kept
    }
}

extension JSONValue {
    fileprivate func withoutTokens(_ redaction: Redaction) -> JSONValue {
        switch self {
        case .string(let text): .string(GatehouseAntivirus.withoutTokens(text, 1024, redaction))
        case .array(let elements): .array(elements.prefix(256).map { $0.withoutTokens(redaction) })
        case .object(let object): .object(object.withoutTokens(redaction))
        case .number(let number): number.text.utf8.count <= 64 ? self : .null
        case .null, .bool: self
        }
    }
}
