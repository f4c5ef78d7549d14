// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// One HTTPS request: what to send, whom to trust, how long and how much to wait for.
///
/// It is sent at most once: no redirect is followed, nothing is answered to a 401, and a kept connection that dies is an
/// error (``TransferError/connectionWasReused``) and not a second attempt.
package struct TransferRequest: Sendable {
    /// GET has no body; POST and PUT always says its length, 0 without a body, but for chunks that are still to come.
    package var method: Method
    /// An absolute `https://` address in ASCII, without user or password.
    package var url: String
    /// Fields beside those of the connection, the length and the body's type, which are not the caller's.
    package var headers: [(name: String, value: HeaderValue)]
    /// What is sent after the header.
    package var body: Body
    /// How the server proves who it is.
    package var trust: Trust
    /// An `http://host:port` proxy, or nothing; the environment's variables are never used.
    package var proxy: String
    /// How long each stage may take.
    package var timeouts: Timeouts
    /// A longer reply body is an error, in bytes.
    package var maximumReplyBytes: Int
    /// Where the body of a reply 200 or 206 goes, instead of into the reply.
    ///
    /// The reply says where in the whole its bytes stand: ``ContentPlace`` tells which ones are refused, and for which ones
    /// the sink begins anew.
    package var sink: DownloadSink?
    /// Whether to wait for the server's consent before the body is sent (`Expect: 100-continue`).
    package var expectsContinue = false
    /// Whether to leave kept connections alone and make a new one.
    package var freshConnection: Bool

    /// Makes a request with the system's trust, no proxy and a reply of up to 1 MiB unless told otherwise.
    package init(
        _ method: Method,
        _ url: String,
        headers: [(name: String, value: HeaderValue)] = [],
        body: Body = .none,
        trust: Trust = .system,
        proxy: String = "",
        timeouts: Timeouts = Timeouts(),
        maximumReplyBytes: Int = 1 << 20,
        freshConnection: Bool = false,
        sink: DownloadSink? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.trust = trust
        self.proxy = proxy
        self.timeouts = timeouts
        self.maximumReplyBytes = maximumReplyBytes
        self.freshConnection = freshConnection
        self.sink = sink
    }

    /// The verbs that the upstreams use.
    package enum Method: Sendable {
        case get
        case post
        case put
    }

    /// The value of a header field, without CR, LF and NUL.
    package enum HeaderValue: Sendable {
        case plain(String)
        /// The prefix, then the secret: `Bearer ` and a token.
        case secret(prefix: String, Secret)
    }

    /// What is sent after the header.
    package enum Body: Sendable {
        /// Nothing, with `Content-Length: 0` in a POST.
        case none
        case bytes([UInt8], contentType: String)
        case secretBytes(Secret, contentType: String)
        /// One part of a `multipart/form-data` body, streamed.
        case file(UploadSource, field: String, fileName: String)
    }

    /// How the server proves who it is; it always has to.
    package enum Trust: Sendable {
        /// By the certificate authorities of the system and its host name.
        case system
        /// By the authorities in this text of PEM form, by no other, and its host name.
        ///
        /// They are a text and no file: nobody reads a file on the engine's thread, and a connection that was made by other
        /// authorities is not used.
        case certificateAuthorities(pem: [UInt8])
        /// By its public key alone: `sha256//` and the base64 of the SHA-256 of its SubjectPublicKeyInfo in DER; several
        /// are separated by semicolons (CURLOPT_PINNEDPUBLICKEY(3)).
        case publicKey(String)
        /// By its certificate alone: the 32 bytes of the SHA-256 of its DER form.
        case certificate(sha256: [UInt8])
    }

    /// How long each stage may take.
    package struct Timeouts: Sendable {
        /// Name resolution, connection and TLS handshake together.
        package var connect: Duration
        /// Without a byte in either direction, once connected; time in which our own reader is behind does not count.
        package var idle: Duration
        /// Everything, the wait for a free connection and for our own reader too.
        package var total: Duration

        /// The defaults: the scan API answers within the 60 s of its gateway.
        package init(
            connect: Duration = .seconds(10),
            idle: Duration = .seconds(75),
            total: Duration = .seconds(120)
        ) {
            self.connect = connect
            self.idle = idle
            self.total = total
        }
    }
}
