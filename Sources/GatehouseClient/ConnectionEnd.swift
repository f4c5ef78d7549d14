// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// How the end of a connection is told.
enum ConnectionEnd {
    /// The daemon closed it.
    static func end(insideAReply: Bool) -> ClientError {
        .connectionLost(
            reason: insideAReply ? "it was closed in the middle of a reply" : "the daemon closed it"
        )
    }

    /// Receiving failed; `patience` is the time in milliseconds after which silence counts as an end.
    static func error(_ error: SystemError, patience: Int) -> ClientError {
        guard error.code == EAGAIN else { return .connectionLost(reason: error.reason) }
        return .connectionLost(reason: "no answer within \(patience / 1000) s")
    }

    /// Sending failed.
    static func sending(_ error: SystemError) -> ClientError {
        switch error.code {
        case EAGAIN: .connectionLost(reason: "the daemon does not read")
        case EBADF, EINVAL, ETOOMANYREFS: .cannotSend(reason: error.reason)
        default: .connectionLost(reason: error.reason)
        }
    }

    /// Whether the other side closed, and may have left a last word.
    static func isByPeer(_ error: SystemError) -> Bool {
        error.code == EPIPE || error.code == ECONNRESET
    }
}
