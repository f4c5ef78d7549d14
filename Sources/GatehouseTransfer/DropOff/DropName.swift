// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The name of a file that is left for an engine: nobody can guess it, and it says nothing of the caller's file.
///
/// The folder may be shared with strangers, who could put something else under a name that they know.
package struct DropName: Sendable, Hashable {
    private static let prefix = "gatehouse-"
    /// 128 bits in base32 (RFC 4648 section 6), in lower case and without padding.
    private static let digits = 26
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    private static let unfinished = ".part"

    /// The name of the whole file.
    package let text: String

    /// A new one.
    package init() {
        var generator = SystemRandomNumberGenerator()
        self.init(random: UInt128(generator.next()) << 64 | UInt128(generator.next()))
    }

    /// The name of a number.
    package init(random: UInt128) {
        let digits = (0..<Self.digits).map { place in
            Self.alphabet[Int(truncatingIfNeeded: random >> UInt128(5 * place) & 31)]
        }
        text = Self.prefix + String(decoding: digits, as: UTF8.self)
    }

    /// What the file is called while it is written.
    package var part: String { text + Self.unfinished }

    /// Whether a file of that name is one of ours, whole or not: what is left over of it may be removed.
    package static func isOurs(_ name: some Collection<UInt8>) -> Bool {
        guard name.starts(with: prefix.utf8) else { return false }
        let rest = name.dropFirst(prefix.utf8.count)
        guard rest.prefix(digits).count == digits, rest.prefix(digits).allSatisfy(alphabet.contains) else {
            return false
        }
        let suffix = rest.dropFirst(digits)
        return suffix.isEmpty || suffix.elementsEqual(unfinished.utf8)
    }
}
