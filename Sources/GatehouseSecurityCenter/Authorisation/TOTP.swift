// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// Time-based one-time passwords (RFC 6238): SHA-1, steps of 30 s, six digits.
struct TOTP: Sendable {
    private let key: Secret

    /// Takes the secret in base32 (RFC 4648 section 6), upper or lower case, with or without padding, blanks and dashes
    /// as apps show them; nil for anything else.
    init?(base32 secret: Secret) {
        let key = secret.withBytes(Self.decode)
        guard let key, key.count > 0 else { return nil }
        self.key = key
    }

    /// The time step of a time.
    static func step(unixTime: Double) -> UInt64 {
        unixTime >= 0 && unixTime < 1e15 ? UInt64(unixTime / 30) : 0
    }

    /// How long it is until a step begins.
    static func wait(for step: UInt64, unixTime: Double) -> Duration {
        guard step > Self.step(unixTime: unixTime), step < 1 << 40 else { return .zero }
        return .seconds(Double(step) * 30 - unixTime)
    }

    /// The password at a time, as six digits; nil when libcrypto failed.
    func code(unixTime: Double) -> Secret? { code(step: Self.step(unixTime: unixTime)) }

    /// The password of a step.
    func code(step: UInt64) -> Secret? {
        let message = (0..<8).map { UInt8(truncatingIfNeeded: step >> (56 - 8 * UInt64($0))) }
        guard let digest = HMACSHA1.authenticate(message, key: key), digest.count == 20 else { return nil }
        let number = digest.withBytes { digest in
            // RFC 4226 section 5.3: the last four bits say where the 31 bits of the number begin.
            let offset = Int(digest[19] & 15)
            return digest[offset..<(offset + 4)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        }
        return Secret(count: 6) { digits in
            var rest = number % 1_000_000
            for index in digits.indices.reversed() {
                digits[index] = 0x30 + UInt8(rest % 10)
                rest /= 10
            }
            return true
        }
    }

    private static func decode(_ text: UnsafeRawBufferPointer) -> Secret? {
        var output = SecretWriter()
        var bits: UInt32 = 0
        var count: UInt32 = 0
        for byte in text {
            let value: UInt32
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte) - 0x41
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte) - 0x61
            case UInt8(ascii: "2")...UInt8(ascii: "7"): value = UInt32(byte) - 0x32 + 26
            case 0x20, 0x0A, 0x0D, 0x2D, UInt8(ascii: "="): continue
            default: return nil
            }
            bits = (bits << 5 | value) & 0xFFFF
            count += 5
            guard count >= 8 else { continue }
            count -= 8
            output.append(UInt8(truncatingIfNeeded: bits >> count))
        }
        return output.secret
    }
}
