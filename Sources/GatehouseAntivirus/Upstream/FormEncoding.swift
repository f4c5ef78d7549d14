// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire

/// `application/x-www-form-urlencoded` (RFC 6749, appendix B) and Basic credentials that are encoded with it.
enum FormEncoding {
    /// The form of a client_credentials request; with the client's id and secret where they go in the body.
    static func clientCredentials(_ profile: SPEProfile) -> Secret {
        var form = SecretWriter()
        form.append("grant_type=client_credentials")
        if case .body = profile.clientAuthentication {
            form.append("&client_id=")
            append(profile.clientID.utf8, to: &form)
            form.append("&client_secret=")
            profile.clientSecret.withBytes { append($0, to: &form) }
        }
        return form.secret
    }

    /// `id:secret`, each percent-encoded first (RFC 6749 section 2.3.1, which Keycloak follows), in base64.
    static func basicCredentials(_ profile: SPEProfile) -> Secret {
        var pair = SecretWriter()
        append(profile.clientID.utf8, to: &pair)
        pair.append(UInt8(ascii: ":"))
        profile.clientSecret.withBytes { append($0, to: &pair) }
        var encoded = SecretWriter()
        pair.withBytes { bytes in
            encoded.append(count: Base64.encodedCount(bytes.count)) { Base64.encode(bytes, into: $0) }
        }
        return encoded.secret
    }

    private static func append(_ bytes: some Sequence<UInt8>, to form: inout SecretWriter) {
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in bytes {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                form.append(byte)
            default:
                form.append(UInt8(ascii: "%"))
                form.append(digits[Int(byte >> 4)])
                form.append(digits[Int(byte & 15)])
            }
        }
    }
}
