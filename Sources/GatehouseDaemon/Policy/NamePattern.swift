// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A text in which `*` stands for any characters, or for none; everything else stands for itself, byte by byte.
package struct NamePattern: Equatable, Sendable {
    private static let star = UInt8(ascii: "*")

    /// As it was written.
    package let text: String
    private let bytes: [UInt8]

    /// Takes a pattern; every text is one.
    package init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    package static func == (left: NamePattern, right: NamePattern) -> Bool { left.bytes == right.bytes }

    /// Whether nothing in it stands for anything else.
    var isLiteral: Bool { !bytes.contains(Self.star) }

    /// Whether every text matches.
    var matchesAll: Bool { !bytes.isEmpty && bytes.allSatisfy { $0 == Self.star } }

    /// Whether the whole text matches.
    ///
    /// At most as many steps as both have bytes, multiplied: whoever lets texts of callers in bounds them.
    package func matches(_ text: String) -> Bool {
        matches(Array(text.utf8))
    }

    private func matches(_ text: [UInt8]) -> Bool {
        var (place, position) = (0, 0)
        // Where the last star stood, and how much of the text it has taken.
        var restart: (place: Int, position: Int)?
        while position < text.count {
            if place < bytes.count, bytes[place] == Self.star {
                restart = (place, position)
                place += 1
            } else if place < bytes.count, bytes[place] == text[position] {
                place += 1
                position += 1
            } else if let last = restart {
                restart = (last.place, last.position + 1)
                place = last.place + 1
                position = last.position + 1
            } else {
                return false
            }
        }
        return bytes[place...].allSatisfy { $0 == Self.star }
    }
}

extension [NamePattern] {
    /// Whether one of them matches.
    func match(_ text: String) -> Bool { contains { $0.matches(text) } }

    /// Whether each of the texts is matched by one of them; what names nothing is matched by `*` alone.
    func matchAll(of texts: [String]) -> Bool {
        contains(where: \.matchesAll) || !texts.isEmpty && texts.allSatisfy { match($0) }
    }
}
