// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import GatehouseWire

/// Builds the requests to one Security Center.
struct ServerRequests: Sendable {
    let profile: SecurityCenterProfile

    /// A method's call; over a connection that is logged in, without a session's id.
    func call(
        _ method: MethodName,
        _ body: [UInt8],
        _ session: UpstreamSession?,
        requestID: String,
        within limit: Duration,
        freshConnection: Bool = false
    ) -> TransferRequest {
        request(method.text, Self.headers(session, requestID), body, limit, freshConnection)
    }

    /// A step of a login.
    ///
    /// The vendor's client sends `login` without a body, and the virtual server even where it is the main one.
    func login(_ path: Login.Path, _ authorisation: Authorisation?, isGateway: Bool, requestID: String)
        -> TransferRequest
    {
        var headers = Self.headers(nil, requestID)
        if let authorisation {
            headers.append(authorisation.header)
            let server =
                isGateway ? "" : Base64.text(Array(profile.virtualServer.utf8))
            headers.append(("X-KSC-VServer", .plain(server)))
        }
        var request = request(path.rawValue, headers, Array("{}".utf8), .seconds(60), false)
        if path == .login { request.body = .none }
        return request
    }

    /// Fetches a file from an offset on, into a caller's file.
    func download(
        _ address: FileAddress,
        from offset: Int64,
        into sink: DownloadSink,
        within limit: Duration
    ) -> (UpstreamSession, String) -> TransferRequest {
        { session, requestID in
            var request = file(.get, address, session, requestID, .none, limit)
            request.headers.append(("Range", .plain("bytes=\(offset)-")))
            request.sink = sink
            request.maximumReplyBytes = 64 << 10
            return request
        }
    }

    /// Puts a piece of a file.
    func upload(
        _ address: FileAddress,
        _ bytes: [UInt8],
        at offset: Int64,
        of total: Int64,
        within limit: Duration
    ) -> (UpstreamSession, String) -> TransferRequest {
        { session, requestID in
            var request = file(
                .put,
                address,
                session,
                requestID,
                .bytes(bytes, contentType: "application/zip"),
                limit
            )
            let last = offset + Int64(bytes.count) - 1
            request.headers.append(("Content-Range", .plain("bytes \(offset)-\(last)/\(total)")))
            request.expectsContinue = true
            return request
        }
    }

    /// Over a connection that is logged in, no session is named.
    private static func headers(
        _ session: UpstreamSession?,
        _ requestID: String
    ) -> [(name: String, value: TransferRequest.HeaderValue)] {
        var headers: [(name: String, value: TransferRequest.HeaderValue)] = [("X-KSC-RequestId", .plain(requestID))]
        if case .session(let id) = session { headers.append(("X-KSC-Session", .secret(prefix: "", id))) }
        return headers
    }

    private func file(
        _ method: TransferRequest.Method,
        _ address: FileAddress,
        _ session: UpstreamSession,
        _ requestID: String,
        _ body: TransferRequest.Body,
        _ limit: Duration
    ) -> TransferRequest {
        TransferRequest(
            method,
            profile.url + address.path,
            headers: Self.headers(session, requestID),
            body: body,
            trust: profile.trust,
            proxy: profile.proxy,
            timeouts: TransferRequest.Timeouts(idle: min(limit, .seconds(60)), total: limit)
        )
    }

    private func request(
        _ path: String,
        _ headers: [(name: String, value: TransferRequest.HeaderValue)],
        _ body: [UInt8],
        _ limit: Duration,
        _ freshConnection: Bool
    ) -> TransferRequest {
        TransferRequest(
            .post,
            profile.url + "/api/v1.0/" + path,
            headers: headers,
            body: .bytes(body, contentType: "application/json"),
            trust: profile.trust,
            proxy: profile.proxy,
            // An agent may think for as long as its caller waits.
            timeouts: TransferRequest.Timeouts(idle: limit, total: limit),
            maximumReplyBytes: profile.maximumReplyBytes,
            freshConnection: freshConnection
        )
    }

    /// A new id for a request, in the shape of the vendor's documentation: two halves of 16 digits.
    static func requestID() -> String {
        func half() -> String {
            let digits = String(UInt64.random(in: .min ... .max), radix: 16, uppercase: true)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }
        return half() + "_" + half()
    }
}
