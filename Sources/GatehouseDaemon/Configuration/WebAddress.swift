// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The parts of an address that are checked before libcurl sees it.
struct WebAddress {
    /// The address without slashes at its end.
    let text: String

    /// Reads `https://host[:port][/path]`; throws what is wrong, without a word of the address: it may hold a password.
    init(_ text: String, scheme: String = "https") throws(Fault) {
        guard text.lowercased().hasPrefix(scheme + "://") else {
            throw Fault(message: "must start with \(scheme)://")
        }
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw Fault(message: "must be ASCII without blanks and backslashes")
        }
        guard !bytes.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) else {
            throw Fault(message: "must have no query and no fragment")
        }
        let authority = bytes.dropFirst(scheme.utf8.count + 3).prefix { $0 != UInt8(ascii: "/") }
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw Fault(message: "must have no user and password; what it held should be changed now")
        }
        guard Self.isHost(authority) else {
            throw Fault(message: "must name a host, and a port from 1 to 65535 if any")
        }
        var end = bytes.endIndex
        while end > 0, bytes[end - 1] == UInt8(ascii: "/") { end -= 1 }
        self.text = String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// What is wrong with an address.
    struct Fault: Error {
        let message: String
    }

    private static func isHost(_ authority: ArraySlice<UInt8>) -> Bool {
        var host = authority
        var port: ArraySlice<UInt8>?
        if authority.first == UInt8(ascii: "[") {
            guard let bracket = authority.firstIndex(of: UInt8(ascii: "]")) else { return false }
            host = authority[authority.startIndex + 1..<bracket]
            let rest = authority[(bracket + 1)...]
            guard rest.isEmpty || rest.first == UInt8(ascii: ":") else { return false }
            port = rest.isEmpty ? nil : rest.dropFirst()
            guard host.allSatisfy({ isHexadecimal($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }) else {
                return false
            }
        } else {
            if let colon = authority.firstIndex(of: UInt8(ascii: ":")) {
                host = authority[..<colon]
                port = authority[(colon + 1)...]
            }
            guard host.allSatisfy({ isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }) else {
                return false
            }
        }
        guard !host.isEmpty else { return false }
        guard let port else { return true }
        guard port.count <= 5, port.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return false }
        return (1...65535).contains(Int(String(decoding: port, as: UTF8.self)) ?? 0)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
    }
}
