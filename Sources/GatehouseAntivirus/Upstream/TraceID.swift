// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What goes into `X-Ctti-TraceId`: the only number by which the API's operator finds a call (protocol page, section 2.2).
enum TraceID {
    /// A new one, in the layout of a version 4 UUID (RFC 9562, section 5.4).
    ///
    /// A request for tokens serves many calls, so it has an id of its own; a scan goes by its caller's request id.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        let (high, low): (UInt64, UInt64) = (generator.next(), generator.next())
        let version = high & ~0xF000 | 0x4000
        let variant = low & ~(0xC000 << 48) | 0x8000 << 48
        let digits = hexadecimal(version) + hexadecimal(variant)
        var rest = digits[...]
        let parts = [8, 4, 4, 4, 12].map { length in
            defer { rest = rest.dropFirst(length) }
            return String(rest.prefix(length))
        }
        return parts.joined(separator: "-")
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
