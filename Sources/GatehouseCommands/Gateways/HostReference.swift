// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A host as `--agent` takes it: by its id, or by its name.
package enum HostReference: Equatable, Sendable {
    /// The id that the Security Center made.
    case id(String)
    /// Its display name or its name in the network.
    case name(String)

    private static let prefix = "id:"

    /// Reads an argument.
    ///
    /// `id:TEXT` is an id, whatever it looks like. So is what is written as the vendor's documentation writes ids: five
    /// groups of 8, 4, 4, 4 and 12 letters and digits (not hexadecimal ones alone). Anything else is a name.
    package init(_ text: String) {
        if text.hasPrefix(Self.prefix) {
            self = .id(String(text.dropFirst(Self.prefix.count)))
        } else {
            self = Self.looksLikeID(text) ? .id(text) : .name(text)
        }
    }

    private static func looksLikeID(_ text: String) -> Bool {
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(isLetterOrDigit) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
