// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A text in which `?` stands for one character, `*` for any number, `[…]` and `[^…]` for one of a set.
///
/// Case is not regarded. A bracket that is never closed stands for itself.
struct WildcardPattern: Equatable, Sendable {
    private enum Piece: Equatable, Sendable {
        case character(Character)
        case one
        case many
        case set([ClosedRange<Character>], isNegated: Bool)
    }

    private let pieces: [Piece]

    init(_ text: String) {
        let characters = Array(text.lowercased())
        var pieces: [Piece] = []
        var index = 0
        while index < characters.count {
            switch characters[index] {
            case "?": pieces.append(.one)
            case "*": pieces.append(.many)
            case "[":
                if let (set, next) = Self.set(characters, after: index + 1) {
                    pieces.append(set)
                    index = next
                } else {
                    pieces.append(.character("["))
                }
            default: pieces.append(.character(characters[index]))
            }
            index += 1
        }
        self.pieces = pieces
    }

    /// The set that begins here, and where its closing bracket stands; a bracket right at the beginning is a member.
    private static func set(_ characters: [Character], after start: Int) -> (Piece, Int)? {
        var index = start
        let isNegated = index < characters.count && characters[index] == "^"
        if isNegated { index += 1 }
        var ranges: [ClosedRange<Character>] = []
        while index < characters.count, characters[index] != "]" || ranges.isEmpty {
            let first = characters[index]
            if index + 2 < characters.count, characters[index + 1] == "-", characters[index + 2] != "]",
                first <= characters[index + 2]
            {
                ranges.append(first...characters[index + 2])
                index += 3
            } else {
                ranges.append(first...first)
                index += 1
            }
        }
        return index < characters.count ? (.set(ranges, isNegated: isNegated), index) : nil
    }

    /// Whether the whole text has the pattern's form.
    func matches(_ text: String) -> Bool {
        let characters = Array(text.lowercased())
        var index = 0
        var piece = 0
        var retry: (piece: Int, index: Int)?
        while index < characters.count {
            if piece < pieces.count, pieces[piece] == .many {
                retry = (piece, index)
                piece += 1
            } else if piece < pieces.count, accepts(pieces[piece], characters[index]) {
                piece += 1
                index += 1
            } else if let (star, start) = retry {
                retry = (star, start + 1)
                piece = star + 1
                index = start + 1
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .many }
    }

    private func accepts(_ piece: Piece, _ character: Character) -> Bool {
        switch piece {
        case .character(let wanted): wanted == character
        case .one, .many: true
        case .set(let ranges, let isNegated): ranges.contains { $0.contains(character) } != isNegated
        }
    }
}
