// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Where the body of a reply stands in the file that was asked for from a place on, as its header tells it.
///
/// A server may leave a range aside and answer 200 with the whole (RFC 9110 section 14.2), or give another part than the
/// rest of it (section 15.3.7). Bytes whose place is not known never go into a file.
package enum ContentPlace: Equatable, Sendable {
    /// It goes on where it was asked to, with no more than `most` bytes where the header says it.
    case next(most: Int64?)
    /// It is the whole from its first byte on, though another place was asked for.
    case start(most: Int64?)
    /// It is nothing that may go into the file.
    case refused(ContentFault)

    /// Reads a reply 200 or 206 to a request for what stands at `position` and after it; `range` is its `Content-Range`.
    package init(status: Int, range: String?, position: Int64) {
        guard let range else {
            let isNext = position == 0
            self = status != 200 ? .refused(.noRange) : isNext ? .next(most: nil) : .start(most: nil)
            return
        }
        guard let range = ContentRange(range), let part = range.part else {
            self = .refused(.unreadableRange)
            return
        }
        if part.lowerBound == position {
            self = .next(most: range.length)
        } else if status == 200, part.lowerBound == 0 {
            self = .start(most: range.length)
        } else {
            self = .refused(.elsewhere(range))
        }
    }
}

/// Why a reply's body cannot go into a file, or not all of it.
package enum ContentFault: Error, Equatable, Sendable, CustomStringConvertible {
    /// 206 without `Content-Range`, or with several parts in one body.
    case noRange
    /// A `Content-Range` that is none: negative, beyond 64 bits, beyond its own whole.
    case unreadableRange
    /// Another part than the one that was asked for.
    case elsewhere(ContentRange)
    /// More bytes than its `Content-Range` says.
    case longerThanRange
    /// A `Content-Encoding`, which was not asked for.
    case encoded

    /// One sentence for anyone.
    package var description: String {
        switch self {
        case .noRange: "the server does not say which part of the file it sends (206 without Content-Range)"
        case .unreadableRange: "the answer's Content-Range is no part of a file"
        case .elsewhere: "the answer is another part of the file than was asked for"
        case .longerThanRange: "the answer is longer than its Content-Range says"
        case .encoded: "the server sends the file in an encoding that was not asked for (Content-Encoding)"
        }
    }
}
