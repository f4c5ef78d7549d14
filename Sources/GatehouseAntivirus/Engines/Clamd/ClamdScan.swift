// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// One file on its way through a session, from its place in the line to its answer.
// Unchecked because all but its constants is touched on the loop's thread alone.
final class ClamdScan: @unchecked Sendable {
    /// What comes of it.
    enum End: Sendable {
        /// clamd's reply.
        case reply(ClamdReply)
        /// There was none, for this reason.
        case failed(EngineConnectionError)
        /// It never went out: it may be sent in another way.
        case notSent
        /// It went out to a server that takes no sessions: that says nothing of the file, which may be sent again.
        case notTaken
    }

    /// What clamd reads.
    let file: PassedFile
    /// Until when it waits.
    let until: Instant
    /// Its number in the session; nil before it is sent.
    var number: UInt32?
    /// The connection that it was given to.
    weak var connection: ClamdSessionConnection?

    private var continuation: CheckedContinuation<End, Never>?

    init(_ file: PassedFile, until: Instant, _ continuation: CheckedContinuation<End, Never>? = nil) {
        self.file = file
        self.until = until
        self.continuation = continuation
    }

    /// Says who waits.
    func await(_ continuation: CheckedContinuation<End, Never>) {
        self.continuation = continuation
    }

    /// Whether nobody waits any more.
    var isOver: Bool { continuation == nil }

    /// Answers whoever waits, once.
    func finish(_ end: End) {
        continuation?.resume(returning: end)
        continuation = nil
    }
}
