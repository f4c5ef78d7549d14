// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// A lower and an upper bound for a count, either of which may be missing; both count as inside.
struct SchemaRange: Sendable, Equatable {
    var minimum: Int64?
    var maximum: Int64?

    func contains(_ value: Int64) -> Bool {
        value >= minimum ?? .min && value <= maximum ?? .max
    }
}

/// A lower and an upper bound for a number, either of which may be missing; both count as inside.
struct NumberRange: Sendable {
    /// A bound, read once: exact where it is whole.
    struct Bound: Sendable {
        let text: String
        let integer: Int64?
        let double: Double

        init(_ number: JSONNumber) {
            text = number.text
            integer = number.integer
            double = number.double
        }
    }

    var minimum: Bound?
    var maximum: Bound?

    var isEmpty: Bool { minimum == nil && maximum == nil }

    /// The keyword that the number breaks; nil where it is inside.
    func brokenRule(by number: JSONNumber) -> String? {
        let integer = number.integer
        if let minimum, Self.isLess(number, integer, than: minimum) { return "minimum" }
        if let maximum, Self.isGreater(number, integer, than: maximum) { return "maximum" }
        return nil
    }

    private static func isLess(_ number: JSONNumber, _ integer: Int64?, than bound: Bound) -> Bool {
        if let integer, let other = bound.integer { return integer < other }
        return number.signedDouble < bound.double
    }

    private static func isGreater(_ number: JSONNumber, _ integer: Int64?, than bound: Bound) -> Bool {
        if let integer, let other = bound.integer { return integer > other }
        return number.signedDouble > bound.double
    }
}

extension JSONNumber {
    /// The nearest double, and the infinity on the right side of zero where none is near.
    fileprivate var signedDouble: Double {
        let double = self.double
        return double == .infinity && text.utf8.first == UInt8(ascii: "-") ? -.infinity : double
    }
}
