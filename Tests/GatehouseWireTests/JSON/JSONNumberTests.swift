// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@Suite struct `Numbers` {
    @Test(arguments: whole)
    func `a number without a fraction is an integer however it is written`(_ text: String, _ expected: Int64) throws {
        #expect(try number(text).integer == expected)
        #expect(try JSONValue(parsing: text).typeName == "integer")
    }

    @Test(arguments: notWhole)
    func `a number that 64 bits do not hold exactly is no integer`(_ text: String) throws {
        #expect(try number(text).integer == nil)
    }

    // These went by way of a double, which took 9007199254740993.0 for its neighbour and 1e-400 infections for none.
    @Test(arguments: exact)
    func `a fraction or an exponent rounds nothing`(_ text: String, _ expected: Int64?) throws {
        #expect(try number(text).integer == expected)
        #expect(
            try number(text.hasPrefix("-") ? String(text.dropFirst()) : "-" + text).integer == expected.map { 0 - $0 }
        )
    }

    @Test func `the ends of 64 bits may be written with a fraction`() throws {
        #expect(try number("-9223372036854775808.0").integer == .min)
        #expect(try number("-922337203685477580.8e1").integer == .min)
        #expect(try number("9223372036854775808.0").integer == nil)
        #expect(try number("-9223372036854775809.0").integer == nil)
    }

    @Test(arguments: ["1.0", "1e2", "-0", "1E+02", "123456789012345678901234567890", "0.10"])
    func `a number is written as it was read`(_ text: String) throws {
        #expect(try number(text).text == text)
        #expect(try JSONValue(parsing: "[\(text)]").text == "[\(text)]")
    }

    @Test func `numbers are equal only when they are written alike`() throws {
        #expect(try number("1") == JSONNumber(1))
        #expect(try number("1.0") != JSONNumber(1))
        #expect(try number("-0") != JSONNumber(0))
    }

    @Test(arguments: [Int64.min, -1, 0, 1, .max])
    func `integers read back`(_ value: Int64) throws {
        #expect(try number(JSONNumber(value).text).integer == value)
    }

    @Test(arguments: doubles)
    func `doubles are written as JSON that reads back as the same double`(_ value: Double) throws {
        let text = try #require(JSONNumber(value)).text
        #expect(try number(text).double == value)
    }

    @Test(arguments: [Double.infinity, -.infinity, .nan])
    func `what JSON cannot write is no number`(_ value: Double) {
        #expect(JSONNumber(value) == nil)
    }

    @Test func `a number beyond every double is infinite and keeps its sign`() throws {
        #expect(try number("1e400").double == .infinity)
        #expect(try number("-1e400").double == -.infinity)
        #expect(try number("1e-400").double == 0)
    }

    private func number(_ text: String) throws -> JSONNumber {
        try #require(JSONValue(parsing: text).number)
    }

    static let whole: [(String, Int64)] = [
        ("0", 0), ("-0", 0), ("-0.0", 0), ("0e5", 0), ("1", 1), ("-1", -1), ("1.0", 1), ("-1.000", -1), ("1e2", 100),
        ("1E+2", 100), ("1.5e1", 15), ("100e-2", 1), ("1.20e1", 12), ("9007199254740991", 9_007_199_254_740_991),
        ("9007199254740992", 9_007_199_254_740_992), ("9007199254740993", 9_007_199_254_740_993),
        ("9007199254740991.0", 9_007_199_254_740_991), ("9223372036854775807", .max), ("-9223372036854775808", .min),
    ]

    static let exact: [(String, Int64?)] = [
        ("9007199254740993.0", 9_007_199_254_740_993), ("9223372036854775807.0", .max),
        ("9223372036854775.807e3", .max),
        ("92233720368547758070e-1", .max), ("922337203685477580700000.0e-5", .max), ("1e18", 1_000_000_000_000_000_000),
        ("1" + String(repeating: "0", count: 300) + "e-300", 1),
        ("0." + String(repeating: "0", count: 300) + "1e301", 1),
        ("0e99999999999999999999", 0), ("0.000e-99999999999999999999", 0), ("0" + ".0e+0", 0),
        ("0.99999999999999999999", nil), ("1.00000000000000000001", nil), ("1e-400", nil), ("4503599627370497.4", nil),
        ("0.5e-0", nil), ("1e99999999999999999999", nil), ("1e-99999999999999999999", nil),
        ("18446744073709551617.0", nil),
        ("10e-99999999999999999999", nil), ("1e64", nil), ("36893488147419103233e0", nil),
    ]

    static let notWhole = [
        "0.5", "-1.5", "1e-1", "12e-1", "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e19",
        "-1e19", "1e400", "-1e400", "123456789012345678901234567890", "9.3e18",
    ]

    static let doubles: [Double] = [
        0, 1, -1, 0.5, 0.1, 1e15, 8.999e15, 9e15, 1e16, 1e300, 1e-300, .pi, .greatestFiniteMagnitude,
        .leastNonzeroMagnitude,
        9_007_199_254_740_991, 9_007_199_254_740_992, -2.5e-8,
    ]
}
