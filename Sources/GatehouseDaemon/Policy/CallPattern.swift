// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A pattern for upstream calls: `Class.Method` or `Instance.Class.Method`, where a `*` stands within one part.
///
/// A star never reaches over a dot: the caller chooses the instance, and `Nag*.*` must not match
/// `Nagger.HostGroup.RemoveHosts`. Only `*` alone matches every call.
package struct CallPattern: Equatable, Sendable {
    private let parts: [NamePattern]
    private let isAny: Bool

    /// Reads one; nil where no call could ever match.
    package init?(_ text: String) {
        isAny = text == "*"
        parts = text.split(separator: ".", omittingEmptySubsequences: false).map { NamePattern(String($0)) }
        guard isAny || (2...3).contains(parts.count) && parts.allSatisfy(Self.isPart) else { return nil }
    }

    private static func isPart(_ part: NamePattern) -> Bool {
        !part.text.isEmpty
            && part.text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == UInt8(ascii: "*")
            }
    }

    /// Whether a call matches, with as many parts as the pattern has.
    package func matches(_ call: String) -> Bool {
        guard !isAny else { return true }
        let names = call.split(separator: ".", omittingEmptySubsequences: false)
        return names.count == parts.count && zip(parts, names).allSatisfy { $0.matches(String($1)) }
    }
}
