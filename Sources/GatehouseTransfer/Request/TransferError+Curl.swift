// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl

extension TransferError {
    /// What the engine knows about a transfer beside libcurl's code.
    struct Circumstances {
        var requestMayHaveLeft = false
        var connectionWasReused = false
        var replyHasBegun = false
        var trustsOneCertificate = false
        /// What libcurl wrote into the error buffer; may name the host, its address and its certificate.
        var detail = ""
    }

    /// The error for libcurl's code (libcurl-errors(3)).
    static func from(_ result: CURLcode, _ circumstances: Circumstances) -> TransferError {
        let code = code(for: result, circumstances)
        return TransferError(
            code,
            message(for: code, detail: circumstances.detail),
            requestMayHaveLeft: circumstances.requestMayHaveLeft,
            connectionWasReused: circumstances.connectionWasReused
        )
    }

    private static func code(for result: CURLcode, _ circumstances: Circumstances) -> Code {
        switch result {
        case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED: .invalidRequest
        // Also what libcurl says of a reply that is not HTTP at all.
        case CURLE_UNSUPPORTED_PROTOCOL: circumstances.requestMayHaveLeft ? .protocolError : .invalidRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .cannotResolve
        case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: .cannotConnect
        case CURLE_PEER_FAILED_VERIFICATION: circumstances.trustsOneCertificate ? .pinMismatch : .tlsNotTrusted
        case CURLE_SSL_PINNEDPUBKEYNOTMATCH: .pinMismatch
        case CURLE_SSL_CACERT_BADFILE: .authorityUnreadable
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED:
            .tlsFailure
        case CURLE_OPERATION_TIMEDOUT: circumstances.requestMayHaveLeft ? .timedOut : .connectTimeout
        case CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND: .sendFailed
        case CURLE_RECV_ERROR: circumstances.replyHasBegun ? .cutReply : .receiveFailed
        case CURLE_GOT_NOTHING: .emptyReply
        case CURLE_PARTIAL_FILE: .cutReply
        // libcurl's word for a header line beyond its own bound, too.
        case CURLE_OUT_OF_MEMORY: circumstances.replyHasBegun ? .replyTooLarge : .outOfMemory
        case CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2:
            .protocolError
        case CURLE_FAILED_INIT, CURLE_UNKNOWN_OPTION, CURLE_NOT_BUILT_IN, CURLE_BAD_FUNCTION_ARGUMENT: .unavailable
        default: circumstances.replyHasBegun ? .protocolError : .receiveFailed
        }
    }

    /// A sentence of our own, followed by libcurl's where that can only speak of the connection.
    private static func message(for code: Code, detail: String) -> String {
        switch code {
        case .cannotResolve, .cannotConnect, .tlsNotTrusted, .tlsFailure: sentence(sentence(for: code), detail)
        default: sentence(for: code)
        }
    }

    /// The fixed sentence of a code that needs no detail.
    static func sentence(for code: Code) -> String {
        switch code {
        case .invalidRequest: "the request is not valid"
        case .cannotResolve: "the host's name cannot be resolved"
        case .cannotConnect: "cannot connect"
        case .tlsNotTrusted: "the server's certificate is not trusted"
        case .pinMismatch: "the server is not the pinned one"
        case .authorityUnreadable: "the certificate authorities cannot be read"
        case .tlsFailure: "TLS failed"
        case .connectTimeout: "no connection within its time"
        case .timedOut: "no complete reply within its time"
        case .sendFailed: "the request could not be sent whole"
        case .receiveFailed: "the reply could not be received"
        case .emptyReply: "the connection was closed before a reply"
        case .cutReply: "the connection was closed within the reply"
        case .replyTooLarge: "the reply is longer than allowed"
        case .sourceFailed(let error): error.description
        case .sinkFailed: "the file cannot be written"
        case .contentRefused(let fault): fault.description
        case .cancelled: "the request was cancelled"
        case .outOfMemory: "memory is short"
        case .protocolError: "the reply is not valid HTTP"
        case .replyBeforeBody: "the server accepted what was to be sent before it had any of it"
        case .connectionGone: "the connection has ended"
        case .unavailable: "the transfer engine is not available"
        }
    }

    /// Text of a peer's making (a certificate's subject) stays on one line, printable and short.
    private static func sentence(_ own: String, _ detail: String) -> String {
        let printable = detail.unicodeScalars.prefix(200).map { scalar in
            (0x20...0x7E).contains(scalar.value) ? Character(scalar) : "?"
        }
        return printable.isEmpty ? own : own + ": " + String(printable)
    }
}
