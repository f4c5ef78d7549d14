// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A server that speaks a protocol of its own over TLS, and how it proves who it is.
///
/// It is a type of its own beside ``TransferRequest``, which is HTTPS.
package struct TLSServer: Sendable {
    /// What libcurl connects to, though no request is made of it; nil for a host that could be anything else to it.
    let url: String?
    let trust: TransferRequest.Trust

    /// Takes the parts.
    ///
    /// `host` is a name or an address, an IPv6 one without brackets; any other gets no connection.
    package init(host: String, port: UInt16, trust: TransferRequest.Trust) {
        url = Self.name(host).map { "https://\($0):\(port)/" }
        self.trust = trust
    }

    private static func name(_ host: String) -> String? {
        guard !host.isEmpty, host.utf8.count <= 255 else { return nil }
        let isNumber = host.utf8.contains(UInt8(ascii: ":"))
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."): true
            case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): true
            case UInt8(ascii: "g")...UInt8(ascii: "z"), UInt8(ascii: "G")...UInt8(ascii: "Z"): !isNumber
            case UInt8(ascii: "-"), UInt8(ascii: "_"): !isNumber
            case UInt8(ascii: ":"): isNumber
            default: false
            }
        }
        guard isPlain else { return nil }
        return isNumber ? "[\(host)]" : host
    }
}
