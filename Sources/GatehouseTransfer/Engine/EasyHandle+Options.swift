// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import GatehousePlatform

extension EasyHandle {
    /// Sets everything that no request may change: HTTPS and HTTP/1.1 alone, no second request, nothing from the
    /// environment, and the wait for the resolver's thread left to that thread.
    func setDefaults(_ limits: TransferLimits) throws(TransferError) {
        try set(CURLOPT_NOSIGNAL, 1)
        try set(CURLOPT_PROTOCOLS_STR, "https")
        try set(CURLOPT_REDIR_PROTOCOLS_STR, "https")
        try set(CURLOPT_FOLLOWLOCATION, 0)
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1)
        // Large uploads over HTTP/2 took several times the time and processor of HTTP/1.1 here.
        try set(CURLOPT_HTTP_VERSION, gatehouse_curl_http_1_1)
        try set(CURLOPT_HTTP09_ALLOWED, 0)
        try set(CURLOPT_SSLVERSION, gatehouse_curl_tls_1_2)
        // A name that is being looked up would hold up its cancellation, and all other transfers with it.
        try set(CURLOPT_QUICK_EXIT, 1)
        try set(CURLOPT_TCP_KEEPALIVE, 1)
        try set(CURLOPT_MAXAGE_CONN, Int(limits.keptTime.components.seconds))
    }

    func setProxy(_ proxy: String) throws(TransferError) {
        // An empty string, not nothing, turns the environment's variables off; so it does for the exceptions.
        try set(CURLOPT_PROXY, proxy)
        try set(CURLOPT_NOPROXY, "")
        try set(CURLOPT_HTTPPROXYTUNNEL, 1)
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        // The proxy does not get the server's headers.
        try set(CURLOPT_HEADEROPT, gatehouse_curl_separate_headers)
    }

    /// Verification is always on: the chain and the host, or else one key or certificate in their place.
    func setTrust(
        _ trust: TransferRequest.Trust,
        pin: UnsafeMutableRawPointer?
    ) throws(TransferError) {
        try setUpTLS(pin: pin)
        switch trust {
        case .system:
            try set(CURLOPT_SSL_VERIFYPEER, 1)
            try set(CURLOPT_SSL_VERIFYHOST, 2)
        case .certificateAuthorities(let pem):
            try set(CURLOPT_SSL_VERIFYPEER, 1)
            try set(CURLOPT_SSL_VERIFYHOST, 2)
            try setAuthorities(pem)
            try set(CURLOPT_CAINFO, nil)
            // Without this, Debian's folder of authorities would be trusted as well.
            try set(CURLOPT_CAPATH, nil)
        case .publicKey(let keys):
            // The key is the proof: a Security Center's certificate is self-signed and names no host. libcurl
            // compares it after the handshake and before the request.
            try set(CURLOPT_PINNEDPUBLICKEY, keys)
            try set(CURLOPT_SSL_VERIFYPEER, 0)
            try set(CURLOPT_SSL_VERIFYHOST, 0)
            try set(CURLOPT_CAINFO, nil)
            try set(CURLOPT_CAPATH, nil)
        case .certificate:
            // The handshake verifies the leaf by the pin, with no authority at hand that could say otherwise.
            try set(CURLOPT_SSL_VERIFYPEER, 1)
            try set(CURLOPT_SSL_VERIFYHOST, 0)
            try set(CURLOPT_CAINFO, nil)
            try set(CURLOPT_CAPATH, nil)
            try set(CURLOPT_SSL_SESSIONID_CACHE, 0)
        }
    }

    /// Sets the verb and the length, where it is known.
    ///
    /// A small body is handed over and goes out with the header, in one write and one TLS record; every other one comes
    /// through the read callback, even where it is empty.
    func setBody(_ method: TransferRequest.Method, _ body: RequestBody) throws(TransferError) {
        switch method {
        case .get:
            try set(CURLOPT_HTTPGET, 1)
        case .post:
            try set(CURLOPT_POST, 1)
            // -1 is libcurl's word for not knowing.
            try set(CURLOPT_POSTFIELDSIZE_LARGE, size: body.count ?? -1)
            if let bytes = body.inOnePiece { try set(CURLOPT_COPYPOSTFIELDS, copying: bytes) }
        case .put:
            try set(CURLOPT_UPLOAD, 1)
            try set(CURLOPT_INFILESIZE_LARGE, size: body.count ?? -1)
        }
    }

    /// Whole milliseconds and at least one, since 0 is libcurl's word for its own default.
    func setConnectTimeout(_ time: Duration) throws(TransferError) {
        try set(CURLOPT_CONNECTTIMEOUT_MS, Int(min(max(time.wholeMilliseconds, 1), 86_400_000)))
    }
}
