// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCrypto
package import GatehousePlatform

/// A key that seals records: encrypts and authenticates them, so that only who has the same credentials reads them.
///
/// It comes from the credentials by HKDF with SHA-256 (RFC 5869); each record has a key of its own, from this one and
/// from random bytes that stand beside it, and is sealed by AES-256-GCM (NIST SP 800-38D).
package struct SealingKey: Sendable {
    /// Why a sealed record cannot be opened.
    package enum Fault: Error, Equatable, Sendable {
        /// It was sealed under another key.
        case otherKey
        /// It is shorter than any sealed record.
        case cutShort
        /// It is not what was sealed.
        case damaged
        /// libcrypto failed.
        case failed
    }

    private static let saltBytes = 32
    private static let checkBytes = 16
    private static let nonceBytes = Int(GATEHOUSE_CRYPTO_GCM_NONCE_BYTES)
    private static let tagBytes = Int(GATEHOUSE_CRYPTO_GCM_TAG_BYTES)

    private let key: Secret

    /// The key of these credentials, whatever their order; nil where there is none, or libcrypto failed.
    package init?(credentials: [(name: String, secret: Secret)]) {
        guard !credentials.isEmpty else { return nil }
        var material = SecretWriter()
        for credential in credentials.sorted(by: { $0.name < $1.name }) {
            material.add(credential.name)
            material.add(credential.secret)
        }
        let key = material.withBytes { Self.derive($0, salt: Array("gatehouse".utf8), info: "credentials", 32) }
        guard let key else { return nil }
        self.key = key
    }

    /// Seals a record; `associated` stands beside it in clear and cannot be changed either.
    ///
    /// The result is the salt, a check of the key, the nonce, the encrypted bytes and the tag. Nil when libcrypto failed.
    package func seal(_ plain: UnsafeRawBufferPointer, associated: [UInt8]) -> [UInt8]? {
        var salt = [UInt8](repeating: 0, count: Self.saltBytes)
        var nonce = [UInt8](repeating: 0, count: Self.nonceBytes)
        guard gatehouse_crypto_random(&salt, Int32(salt.count)) == 1,
            gatehouse_crypto_random(&nonce, Int32(nonce.count)) == 1,
            let check = check(salt), let key = recordKey(salt)
        else { return nil }
        var sealed = [UInt8](repeating: 0, count: plain.count + Self.tagBytes)
        var tag = [UInt8](repeating: 0, count: Self.tagBytes)
        let isDone = key.withBytes { key in
            gatehouse_crypto_gcm_seal(
                key.baseAddress,
                nonce,
                associated,
                associated.count,
                plain.baseAddress,
                plain.count,
                &sealed,
                &tag
            )
        }
        guard isDone == 1 else { return nil }
        return salt + check + nonce + sealed.prefix(plain.count) + tag
    }

    /// Opens what ``seal(_:associated:)`` made.
    package func open(_ sealed: ArraySlice<UInt8>, associated: [UInt8]) throws(Fault) -> Secret {
        let head = Self.saltBytes + Self.checkBytes + Self.nonceBytes
        guard sealed.count >= head + Self.tagBytes else { throw .cutShort }
        let salt = Array(sealed.prefix(Self.saltBytes))
        guard let wanted = check(salt), let key = recordKey(salt) else { throw .failed }
        let check = Secret(sealed.dropFirst(Self.saltBytes).prefix(Self.checkBytes))
        guard check.isEqual(to: Secret(wanted)) else { throw .otherKey }
        let nonce = Array(sealed.dropFirst(head - Self.nonceBytes).prefix(Self.nonceBytes))
        let body = Array(sealed.dropFirst(head).dropLast(Self.tagBytes))
        let tag = Array(sealed.suffix(Self.tagBytes))
        let plain = Secret(count: body.count) { plain in
            key.withBytes { key in
                gatehouse_crypto_gcm_open(
                    key.baseAddress,
                    nonce,
                    associated,
                    associated.count,
                    body,
                    body.count,
                    tag,
                    plain.baseAddress
                ) == 1
            }
        }
        guard let plain else { throw .damaged }
        return plain
    }

    /// Tells another key from damage, and tells nothing else about the key.
    private func check(_ salt: [UInt8]) -> [UInt8]? {
        key.withBytes { key in
            Self.derive(key, salt: salt, info: "check", Self.checkBytes)?.withBytes { Array($0) }
        }
    }

    private func recordKey(_ salt: [UInt8]) -> Secret? {
        key.withBytes { Self.derive($0, salt: salt, info: "record", Int(GATEHOUSE_CRYPTO_AES_KEY_BYTES)) }
    }

    private static func derive(_ key: UnsafeRawBufferPointer, salt: [UInt8], info: String, _ count: Int) -> Secret? {
        expand(key, salt: salt, info: Array("gatehouse state 1: \(info)".utf8), count)
    }

    static func expand(_ key: UnsafeRawBufferPointer, salt: [UInt8], info: [UInt8], _ count: Int) -> Secret? {
        Secret(count: count) { output in
            gatehouse_crypto_hkdf_sha256(
                key.baseAddress,
                key.count,
                salt,
                salt.count,
                info,
                info.count,
                output.baseAddress,
                output.count
            ) == 1
        }
    }
}
