// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// What a request must hold to before libcurl sees it: nothing that could end a header line or a C string early.
enum RequestChecks {
    /// Fields that follow from the body and the connection.
    private static let ownFields: Set<String> = [
        "connection", "content-length", "content-type", "expect", "host", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    static func check(_ request: TransferRequest) throws(TransferError) {
        try check(url: request.url)
        try check(proxy: request.proxy)
        try check(request.trust)
        for header in request.headers {
            try check(name: header.name)
            try check(header.value)
        }
        try check(request.body, method: request.method)
        guard request.maximumReplyBytes >= 0 else { throw invalid("the bound of the reply is negative") }
    }

    private static func check(url: String) throws(TransferError) {
        let isPrintable = url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        guard isPrintable, url.utf8.count <= 8192, url.lowercased().hasPrefix("https://") else {
            throw invalid("the address is not an https address")
        }
    }

    private static func check(proxy: String) throws(TransferError) {
        guard !proxy.isEmpty else { return }
        guard proxy.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), proxy.lowercased().hasPrefix("http://") else {
            throw invalid("the proxy is not an http address")
        }
    }

    static func check(_ trust: TransferRequest.Trust) throws(TransferError) {
        switch trust {
        case .system:
            return
        case .certificateAuthorities(let pem):
            guard !pem.isEmpty else { throw invalid("there are no certificate authorities") }
        case .publicKey(let pins):
            // libcurl would read anything else as the name of a file.
            let isPin = pins.utf8.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
                .allSatisfy(isPublicKeyPin)
            guard isPin else { throw invalid("the pinned public key is not sha256// and base64 of 32 bytes") }
        case .certificate(let digest):
            guard digest.count == 32 else { throw invalid("the pinned certificate is not a SHA-256") }
        }
    }

    private static func isPublicKeyPin(_ pin: Substring.UTF8View) -> Bool {
        guard pin.count == 52, pin.starts(with: "sha256//".utf8), pin.last == UInt8(ascii: "=") else { return false }
        return pin.dropFirst(8).dropLast().allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
    }

    private static func check(name: String) throws(TransferError) {
        let isToken = name.utf8.allSatisfy { byte in
            // RFC 9110, section 5.6.2: token.
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
            }
        }
        guard isToken, !name.isEmpty else { throw invalid("a header's name is not a token") }
        guard !ownFields.contains(name.lowercased()) else { throw invalid("a header is not the caller's to set") }
    }

    private static func check(_ value: TransferRequest.HeaderValue) throws(TransferError) {
        let isText =
            switch value {
            case .plain(let text): text.utf8.allSatisfy(isFieldByte)
            case .secret(let prefix, let secret):
                prefix.utf8.allSatisfy(isFieldByte) && secret.withBytes { $0.allSatisfy(isFieldByte) }
            }
        guard isText else { throw invalid("a header's value holds a control character") }
    }

    /// RFC 9110, section 5.5: no control character but the tab.
    private static func isFieldByte(_ byte: UInt8) -> Bool {
        (byte >= 0x20 && byte != 0x7F) || byte == 0x09
    }

    private static func check(
        _ body: TransferRequest.Body,
        method: TransferRequest.Method
    ) throws(TransferError) {
        let contentType: String
        switch body {
        case .none: return
        case .bytes(_, let type), .secretBytes(_, let type): contentType = type
        case .file(_, let field, let fileName):
            guard !field.utf8.contains(0), !fileName.utf8.contains(0) else {
                throw invalid("a name in the form holds NUL")
            }
            contentType = "multipart/form-data"
        }
        guard method != .get else { throw invalid("a GET has no body") }
        guard !contentType.isEmpty, contentType.utf8.allSatisfy(isFieldByte) else {
            throw invalid("the body has no valid type")
        }
    }

    private static func invalid(_ message: String) -> TransferError {
        TransferError(.invalidRequest, message)
    }
}
