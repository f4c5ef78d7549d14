// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

extension JSONValue {
    /// The text, or null for none.
    init(_ text: String?) {
        self = text.map { .string($0) } ?? .null
    }

    /// The whole number, or null for none.
    init(_ number: (some FixedWidthInteger)?) {
        self = number.map { .number(JSONNumber($0)) } ?? .null
    }

    /// The time, or null for none.
    init(_ time: Timestamp?) {
        self = time.map { .string($0.description) } ?? .null
    }
}
