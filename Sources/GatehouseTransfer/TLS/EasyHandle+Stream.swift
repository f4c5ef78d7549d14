// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl

extension EasyHandle {
    /// What came of one attempt to send or to receive.
    enum StreamStep: Equatable {
        case moved(Int)
        /// Nothing now; the connection's socket tells when.
        case blocked
        /// The other side will send no more.
        case ended
        case failed
    }

    /// Only a connection is made, which is then the caller's to use; nothing is sent over it but TLS.
    func setConnectOnly() throws(TransferError) {
        try set(CURLOPT_CONNECT_ONLY, 1)
        // What is spoken is no HTTP of any version.
        try set(CURLOPT_SSL_ENABLE_ALPN, 0)
    }

    /// The connection's socket, while there is one.
    var activeSocket: Int32? {
        var socket = gatehouse_curl_no_socket
        guard gatehouse_curl_get_socket(pointer, &socket) == CURLE_OK, socket >= 0 else { return nil }
        return socket
    }

    /// Sends some of the bytes; after ``StreamStep/blocked`` the same ones are due again, from the same place.
    func send(_ bytes: UnsafeRawBufferPointer) -> StreamStep {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return .moved(0) }
        var count = 0
        switch gatehouse_curl_send(pointer, base, bytes.count, &count) {
        case CURLE_OK: return .moved(count)
        case CURLE_AGAIN: return .blocked
        default: return .failed
        }
    }

    /// Takes what has come.
    func receive(into buffer: UnsafeMutableRawBufferPointer) -> StreamStep {
        guard let base = buffer.baseAddress, !buffer.isEmpty else { return .moved(0) }
        var count = 0
        switch gatehouse_curl_receive(pointer, base, buffer.count, &count) {
        case CURLE_OK: return count == 0 ? .ended : .moved(count)
        case CURLE_AGAIN: return .blocked
        default: return .failed
        }
    }
}
