// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// How a body of unknown length is cut into pieces on a connection.
enum BodyFraming: Sendable, Equatable {
    /// Each piece behind its length in four bytes, the highest first; a length of 0 ends them (clamd(8), INSTREAM).
    case lengthPrefixed
    /// HTTP's chunked transfer coding (RFC 9112, section 7.1), which ICAP uses for every body (RFC 3507, section 4.4.1).
    case chunked

    /// No head of a piece is longer.
    static let longestHead = 10

    /// What stands before a piece of that many bytes, at least one.
    func head(_ count: Int) -> [UInt8] {
        switch self {
        case .lengthPrefixed: (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
        case .chunked: Array((String(count, radix: 16) + "\r\n").utf8)
        }
    }

    /// What stands after each piece.
    var tail: [UInt8] {
        switch self {
        case .lengthPrefixed: []
        case .chunked: [0x0D, 0x0A]
        }
    }

    /// What ends a body that is no longer than its preview (RFC 3507, section 4.5).
    var endInPreview: [UInt8] {
        switch self {
        case .lengthPrefixed: end
        case .chunked: Array("0; ieof\r\n\r\n".utf8)
        }
    }

    /// What ends the body.
    var end: [UInt8] {
        switch self {
        case .lengthPrefixed: [0, 0, 0, 0]
        case .chunked: Array("0\r\n\r\n".utf8)
        }
    }
}
