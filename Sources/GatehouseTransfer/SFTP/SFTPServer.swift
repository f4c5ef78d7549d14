// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// An SFTP server and the folder there in which files are left.
///
/// It is a type of its own beside ``TransferRequest``, whose checks let nothing but HTTPS through.
package struct SFTPServer: Sendable {
    /// How we prove who we are; exactly one way is tried.
    package enum Authentication: Sendable {
        case password(Secret)
        /// The path of a file with a private key without a passphrase.
        case privateKey(file: String)
    }

    let authority: String
    let folder: String
    let user: String
    let authentication: Authentication
    /// The base64 of the SHA-256 of the server's public key, as libcurl takes it.
    let hostKey: String

    /// Checks and takes the parts; nil for a host, port, user or folder that could be anything else to libcurl.
    ///
    /// `host` is a name or an address (an IPv6 one without brackets), `folder` an absolute path without control
    /// characters, `hostKey` the 32 bytes of the SHA-256 of the server's public key (`ssh-keygen -l`).
    package init?(
        host: String,
        port: Int,
        user: String,
        authentication: Authentication,
        hostKey: [UInt8],
        folder: String
    ) {
        guard let name = Self.host(host), (1...65535).contains(port), hostKey.count == 32 else { return nil }
        guard Self.isText(user), Self.isText(folder), folder.utf8.first == UInt8(ascii: "/") else { return nil }
        if case .privateKey(let file) = authentication, !Self.isText(file) { return nil }
        authority = "\(name):\(port)"
        var end = folder.utf8[...]
        while end.last == UInt8(ascii: "/") { end = end.dropLast() }
        self.folder = String(decoding: end, as: UTF8.self)
        self.user = user
        self.authentication = authentication
        self.hostKey = Self.base64(hostKey)
    }

    /// The address of something in the folder; an empty name is the folder itself.
    func url(_ name: String) -> String {
        let path = (folder + "/" + name).utf8.reduce(into: "") { text, byte in
            let isPlain = Self.isLetterOrDigit(byte) || "-._/".utf8.contains(byte)
            text += isPlain ? String(UnicodeScalar(byte)) : "%" + Self.hexadecimal(byte)
        }
        return "sftp://" + authority + path
    }

    /// The path of something in the folder, quoted as libcurl's commands have it (CURLOPT_QUOTE(3)).
    func quoted(_ name: String) -> String {
        "\"" + (folder + "/" + name).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }

    private static func host(_ host: String) -> String? {
        guard !host.isEmpty, host.utf8.count <= 255 else { return nil }
        if host.utf8.contains(UInt8(ascii: ":")) {
            let isAddress = host.utf8.allSatisfy {
                isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
            return isAddress ? "[\(host)]" : nil
        }
        return host.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
            ? host : nil
    }

    private static func isText(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        return String(decoding: [digits[Int(byte >> 4)], digits[Int(byte & 15)]], as: UTF8.self)
    }

    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for place in 0...group.count { text.append(alphabet[Int(value >> (18 - 6 * UInt32(place)) & 63)]) }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
