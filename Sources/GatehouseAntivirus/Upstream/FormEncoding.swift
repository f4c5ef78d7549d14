// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire

/// `application/x-www-form-urlencoded` (RFC 6749, appendix B) and Basic credentials that are encoded with it.
enum FormEncoding {
    /// The form of a client_credentials request; with the client's id and secret where they go in the body.
    static func clientCredentials(_ profile: SPEProfile) -> Secret {
        var form = Array("grant_type=client_credentials".utf8)
        defer { wipe(&form) }
        if case .body = profile.clientAuthentication {
            form += "&client_id=".utf8
            append(profile.clientID.utf8, to: &form)
            form += "&client_secret=".utf8
            profile.clientSecret.withBytes { append($0, to: &form) }
        }
        return Secret(form)
    }

    /// `id:secret`, each percent-encoded first (RFC 6749 section 2.3.1, which Keycloak follows), in base64.
    static func basicCredentials(_ profile: SPEProfile) -> Secret {
        var pair: [UInt8] = []
        defer { wipe(&pair) }
        append(profile.clientID.utf8, to: &pair)
        pair.append(UInt8(ascii: ":"))
        profile.clientSecret.withBytes { append($0, to: &pair) }
        var encoded = Base64.encode(pair)
        defer { wipe(&encoded) }
        return Secret(encoded)
    }

    private static func append(_ bytes: some Sequence<UInt8>, to form: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                form.append(byte)
            default: form += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }

    /// Overwrites a copy of a secret; the array must have no other reference.
    private static func wipe(_ bytes: inout [UInt8]) {
        for index in bytes.indices { bytes[index] = 0 }
    }
}
