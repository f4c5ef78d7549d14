// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The name of an open gateway: `gw-` and 128 random bits as 22 characters of base64url.
///
/// The prefix keeps a handle from being taken for an option on a command line.
package struct GatewayHandle: Hashable, Sendable, CustomStringConvertible {
    /// The name.
    package let text: String

    /// A handle that a caller named; any text, since one that nobody has is unknown.
    package init(_ text: String) {
        self.text = text
    }

    /// A new one.
    static func random() -> GatewayHandle {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var high = generator.next()
        var low = generator.next()
        var text: [UInt8] = []
        for _ in 0..<22 {
            text.append(letters[Int(low & 63)])
            low = low >> 6 | high << 58
            high >>= 6
        }
        return GatewayHandle("gw-" + String(decoding: text, as: UTF8.self))
    }

    package var description: String { text }
}
