// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A request that got no complete reply.
package struct TransferError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What went wrong; a closed set.
    package enum Code: Sendable, Equatable {
        /// The request breaks a rule of ``TransferRequest``; nothing was sent.
        case invalidRequest
        case cannotResolve
        case cannotConnect
        /// The server's certificate is not trusted or not for this host.
        case tlsNotTrusted
        /// The server is not the pinned one.
        case pinMismatch
        /// The file of certificate authorities cannot be read.
        case authorityUnreadable
        /// Any other failure of TLS.
        case tlsFailure
        /// No connection within its time.
        case connectTimeout
        /// No byte for too long, or too long altogether.
        case timedOut
        case sendFailed
        case receiveFailed
        /// The connection ended without a byte of a reply.
        case emptyReply
        /// The connection ended within the reply.
        case cutReply
        case replyTooLarge
        /// The file that was being uploaded failed.
        case sourceFailed(UploadSourceError)
        /// The file that was being written failed; its sink says how.
        case sinkFailed
        /// The reply is no part of the file that the request asked for.
        case contentRefused(ContentFault)
        case cancelled
        case outOfMemory
        /// The reply is not HTTP/1.1, or its header has no end.
        case protocolError
        /// The server accepted a body before it had any of it.
        case replyBeforeBody
        /// The one connection that the request had to go over has ended; nothing of it was sent.
        case connectionGone
        /// The engine is shut down, or libcurl lacks what it needs.
        case unavailable
    }

    /// What went wrong.
    package let code: Code
    /// One sentence for anyone: no path, query, header or body.
    package let message: String
    /// Whether a byte of the request may have been sent: then the server may have acted on it.
    package let requestMayHaveLeft: Bool
    /// Whether an earlier request had used the connection, so that its peer may just have closed it.
    package let connectionWasReused: Bool

    /// Describes a failure, as the engine does.
    package init(
        _ code: Code,
        _ message: String,
        requestMayHaveLeft: Bool = false,
        connectionWasReused: Bool = false
    ) {
        self.code = code
        self.message = message
        self.requestMayHaveLeft = requestMayHaveLeft
        self.connectionWasReused = connectionWasReused
    }

    /// The message.
    package var description: String { message }
}
