// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// How the end of a connection is told.
package enum ConnectionEnd {
    /// The daemon closed it.
    static func end(insideAReply: Bool) -> ClientError {
        .connectionLost(
            reason: insideAReply ? "it was closed in the middle of a reply" : "the daemon closed it"
        )
    }

    /// The daemon said nothing for so many milliseconds.
    package static func silence(of patience: Int) -> ClientError {
        .connectionLost(reason: "no answer within \(patience / 1000) s")
    }

    /// Whether receiving failed since nothing came in time (SO_RCVTIMEO, socket(7)).
    static func isSilence(_ error: SystemError) -> Bool { error.code == EAGAIN }

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
