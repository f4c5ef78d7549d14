// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Looks for the EICAR test file's bytes in a stream, wherever the pieces are cut.
package struct SignatureMatcher: Sendable {
    /// Whether the signature has been seen.
    package private(set) var isFound = false

    private let signature = Self.eicar
    private var tail: [UInt8] = []

    /// The 68 bytes of the EICAR test file, put together here so that no file of the project holds them.
    package static var eicar: [UInt8] {
        let parts = ["X5O!P%@AP[4", "\\PZX54(P^)7CC)7}$", "EICAR", "-STANDARD-", "ANTIVIRUS", "-TEST-FILE", "!$H+H*"]
        return Array(parts.joined().utf8)
    }

    /// Makes a matcher that has seen nothing.
    package init() {}

    /// Looks at the next bytes of the stream.
    package mutating func consume(_ piece: ArraySlice<UInt8>) {
        guard !isFound else { return }
        let overlap = signature.count - 1
        if !tail.isEmpty {
            isFound = Self.contains(signature, (tail + piece.prefix(overlap))[...])
        }
        isFound = isFound || Self.contains(signature, piece)
        tail = piece.count < overlap ? Array((tail + piece).suffix(overlap)) : Array(piece.suffix(overlap))
    }

    private static func contains(_ signature: [UInt8], _ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            signature.withUnsafeBufferPointer { signature in
                var start = 0
                while bytes.count - start >= signature.count {
                    // Both calls stay within the counts, and no pointer outlives the closures.
                    guard let base = bytes.baseAddress, let pattern = signature.baseAddress,
                        let found = memchr(base + start, Int32(pattern[0]), bytes.count - start - signature.count + 1)
                    else { return false }
                    if memcmp(found, pattern, signature.count) == 0 { return true }
                    start = UnsafeRawPointer(found) - UnsafeRawPointer(base) + 1
                }
                return false
            }
        }
    }
}
