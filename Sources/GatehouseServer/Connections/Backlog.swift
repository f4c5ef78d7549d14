// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// Whole messages that one read brought beyond what a connection may begin in one turn of the loop.
///
/// While there are some nothing more is read from the connection, so it is never longer than one read.
struct Backlog {
    /// How many messages a connection begins in a turn: a caller that floods costs the others that much time a turn.
    static let messagesPerTurn = 16

    /// What ended the stream after these messages, where something did.
    var failure: Failure?

    enum Failure {
        case splitter(MessageSplitter.Failure)
        case orphanedDescriptors
        case refused(APIError)
    }

    private var bytes: [UInt8] = []
    private var messages: [(end: Int, claim: ArrivedDescriptors.Claim)] = []
    private var taken = 0
    private var start = 0

    /// The bytes of the messages.
    var count: Int { bytes.count }

    var isEmpty: Bool { taken == messages.count }

    /// Keeps a message, which may have separators before it.
    mutating func add(_ message: UnsafeBufferPointer<UInt8>, _ claim: ArrivedDescriptors.Claim) {
        bytes.append(contentsOf: message)
        messages.append((bytes.count, claim))
    }

    /// Takes the oldest message; nil where there is none.
    mutating func takeFirst() -> (bytes: [UInt8], claim: ArrivedDescriptors.Claim)? {
        guard !isEmpty else { return nil }
        let (end, claim) = messages[taken]
        let message = Array(bytes[start..<end])
        // The descriptors are the message's alone from here on.
        messages[taken].claim = []
        taken += 1
        start = end
        if isEmpty { (bytes, messages, taken, start) = ([], [], 0, 0) }
        return (message, claim)
    }
}
