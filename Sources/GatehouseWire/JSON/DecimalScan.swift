// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A number token as a whole number times a power of ten.
///
/// A double on the way would round: it takes 9007199254740993.0 for its neighbour and 1e-400 for 0.
struct DecimalScan {
    /// The digits up to the last one that is not 0; nil where they are more than 64 bits hold.
    private var significand: UInt64? = 0
    /// Zeros that may still turn out to stand before another digit.
    private var zeros = 0
    private var fractionDigits = 0
    private var exponent = 0
    private var isNegative = false

    /// Takes a token that is valid by the grammar of RFC 8259 section 6.
    init(_ text: String) {
        var bytes = text.utf8.makeIterator()
        var isFraction = false
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): exponent = Self.exponent(&bytes)
            default:
                append(byte &- 0x30)
                if isFraction { fractionDigits += 1 }
            }
        }
    }

    /// The value, where it is a whole number that 64 bits hold.
    var integer: Int64? {
        guard let significand else { return nil }
        guard significand != 0 else { return 0 }
        let scale = exponent + zeros - fractionDigits
        guard scale >= 0, let magnitude = Self.multiply(significand, byTenTo: scale) else { return nil }
        guard isNegative else { return Int64(exactly: magnitude) }
        return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }

    private mutating func append(_ digit: UInt8) {
        guard let value = significand else { return }
        guard digit != 0 else {
            if value != 0 { zeros += 1 }
            return
        }
        let sum = Self.multiply(value, byTenTo: zeros + 1)?.addingReportingOverflow(UInt64(digit))
        significand = sum.flatMap { $0.overflow ? nil : $0.partialValue }
        zeros = 0
    }

    private static func multiply(_ value: UInt64, byTenTo power: Int) -> UInt64? {
        guard value != 0 else { return 0 }
        // 10^20 is more than 64 bits hold.
        guard power < 20 else { return nil }
        var product = value
        for _ in 0..<power {
            let (next, overflow) = product.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            product = next
        }
        return product
    }

    /// Reads the rest of the token, within bounds that no count of its digits can make up for.
    private static func exponent(_ bytes: inout String.UTF8View.Iterator) -> Int {
        let bound = Int(Int32.max) << 16
        var value = 0
        var isNegative = false
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "+"): break
            default: value = min(bound, value * 10 + Int(byte &- 0x30))
            }
        }
        return isNegative ? -value : value
    }
}
