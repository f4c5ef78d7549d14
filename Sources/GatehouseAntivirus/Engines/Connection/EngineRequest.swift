// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// What one connection to an engine sends, and when the answer is complete.
struct EngineRequest: Sendable {
    /// A body that follows the opening.
    struct Body: Sendable {
        var source: UploadSource
        var framing: BodyFraming
        /// After so many bytes the engine says whether it wants the rest; nil for all at once.
        var preview: Int?
    }

    /// Where an answer ends.
    enum ReplyEnd: Sendable, Equatable {
        /// Where the engine closes the connection.
        case closed
        /// At the first empty line.
        case emptyLine
    }

    /// The first bytes, at least one.
    var opening: [UInt8]
    /// A descriptor that goes with them.
    var passing: PassedFile?
    /// What follows them.
    var body: Body?
    /// Where the answer ends.
    var replyEnd: ReplyEnd
    /// No answer is longer, in bytes.
    var replyLimit: Int
}

/// What came back on a connection.
struct EngineReply: Sendable, Equatable {
    /// How it came to its end.
    enum Ending: Sendable, Equatable {
        /// At the end that the request names.
        case complete
        /// Somewhere before it.
        case cut
        /// It went on beyond the limit.
        case tooLong
    }

    var bytes: [UInt8]
    var ending: Ending
    /// Whether all of the request was sent by then.
    var requestWasSent: Bool
    /// Whether more had come behind its end by then.
    var hasMore = false
}

/// Why a connection gave no reply to judge.
enum EngineConnectionError: Error, Equatable, Sendable {
    /// There is no connection.
    case unreachable(SystemError)
    /// The engine's name has no address.
    case unknownHost
    /// The time was up, before or after there was a connection.
    case timedOut(connected: Bool)
    /// There is no TLS connection to a server that is trusted.
    case encryption(TransferError)
    /// What was to be sent could not be read.
    case source(UploadSourceError)
    /// Nobody wants the reply any more.
    case cancelled(sent: Bool)
}
