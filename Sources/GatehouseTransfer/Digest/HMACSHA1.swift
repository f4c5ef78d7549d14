// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCrypto
package import GatehousePlatform

/// HMAC with SHA-1 (RFC 2104), which one-time passwords are made with (RFC 4226).
package enum HMACSHA1 {
    /// The 20 bytes for a message under a key; nil when libcrypto failed.
    package static func authenticate(_ message: [UInt8], key: Secret) -> Secret? {
        Secret(count: Int(GATEHOUSE_CRYPTO_SHA1_BYTES)) { digest in
            guard let digest = digest.bindMemory(to: UInt8.self).baseAddress else { return false }
            return key.withBytes { key in
                gatehouse_crypto_hmac_sha1(key.baseAddress, key.count, message, message.count, digest)
            } == 1
        }
    }
}
