// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A JSON number as the text that stood there, so that nothing is rounded on its way through.
public struct JSONNumber: Equatable, Hashable, Sendable {
    /// The token, valid by the grammar of RFC 8259 section 6.
    public let text: String

    /// A whole number.
    public init(_ value: some FixedWidthInteger) {
        text = String(value)
    }

    /// A number with a fraction; nil for infinities and for what is not a number, which JSON cannot write.
    public init?(_ value: Double) {
        guard value.isFinite else { return nil }
        // Swift writes the shortest text that reads back as the same number; that text is valid JSON.
        text = value == value.rounded() && abs(value) < 9e15 ? String(Int64(value)) : String(value)
    }

    /// A token that the reader has checked.
    init(checked text: String) {
        self.text = text
    }

    /// The value as a whole number, where it is one that 64 bits hold: `1`, `-0`, but also `1.0` and `1e2`.
    ///
    /// JSON Schema counts a number with a zero fraction as an integer (draft 2020-12 validation, section 6.1.1).
    public var integer: Int64? {
        Int64(text) ?? DecimalScan(text).integer
    }

    /// The value as the nearest double; infinite where none is near.
    public var double: Double { Double(text) ?? .infinity }
}
