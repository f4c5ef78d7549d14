// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The id of a request, as exactly the token that the client wrote.
///
/// It goes back byte by byte (`1.0` stays `1.0`, `"\u0041"` keeps its escape), and two ids are the same only if their
/// tokens are: contract section 3. The token of a string begins with a quote, so that type and text compare together.
package struct MessageID: Hashable, Sendable {
    /// The JSON token: a string with its quotes, a number, or `null`.
    package let token: String

    /// The id of an answer to something whose id could not be read (JSON-RPC 2.0 section 5).
    package static let null = MessageID(token: "null")

    /// How long an id may be where nothing else is said, in bytes of its token.
    package static let usualMaximumBytes = 1024

    /// Takes a token that is known to be one of the three.
    package init(token: String) {
        self.token = token
    }

    package static func == (left: MessageID, right: MessageID) -> Bool {
        left.token.hasSameBytes(as: right.token)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in token.utf8 { hasher.combine(byte) }
    }
}
