// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Passwords that are good for 30 seconds: RFC 6238 with SHA-1 and six digits.
package struct OneTimePassword: Sendable {
    private let key: [UInt8]

    /// Makes a generator from the shared key.
    package init(key: [UInt8]) {
        self.key = key
    }

    /// The key in base32 (RFC 4648 section 6), as authenticator programs read it.
    package var base32: String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var output = ""
        var group = 0
        var bits = 0
        for byte in key {
            group = (group << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                output.append(alphabet[group >> bits & 31])
            }
        }
        if bits > 0 { output.append(alphabet[group << (5 - bits) & 31]) }
        return output
    }

    /// The password of a moment, `steps` of 30 seconds away.
    package func code(at now: LabInstant, steps: Int = 0) -> String {
        let counter = UInt64(max(0, now.seconds / 30 + steps))
        let code = SHA1.authenticate(SHA1.bigEndian(counter), key: key)
        let offset = Int(code[19] & 15)
        let number = code[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let digits = String(number % 1_000_000)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// Whether the password is that of now, or of the step before or after.
    package func accepts(_ text: String, at now: LabInstant) -> Bool {
        [-1, 0, 1].contains { code(at: now, steps: $0) == text }
    }
}
