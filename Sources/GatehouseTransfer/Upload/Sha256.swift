// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCrypto

/// A running SHA-256.
// Unchecked: a reader job and the next one use it in turn, and hand it over under the lock of the stream they fill.
final class Sha256: @unchecked Sendable {
    private let context: OpaquePointer

    /// Nil when memory is short.
    init?() {
        guard let context = gatehouse_crypto_sha256_new() else { return nil }
        self.context = context
    }

    deinit {
        gatehouse_crypto_sha256_free(context)
    }

    /// False when libcrypto failed.
    func add(_ bytes: UnsafeRawBufferPointer) -> Bool {
        gatehouse_crypto_sha256_add(context, bytes.baseAddress, bytes.count) == 1
    }

    /// Lower-case hexadecimal digits, or nil when libcrypto failed; nothing may be added after it.
    func end() -> String? {
        var digest = [UInt8](repeating: 0, count: Int(GATEHOUSE_CRYPTO_SHA256_BYTES))
        guard gatehouse_crypto_sha256_end(context, &digest) == 1 else { return nil }
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
