// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The name of an Open API method: `Class.Method`, or `Instance.Class.Method`.
package struct MethodName: Hashable, Sendable, CustomStringConvertible {
    /// The name as it goes into the URL; the server tells upper from lower case.
    package let text: String

    /// Takes a name that a caller gave: `^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z][A-Za-z0-9]*){1,2}$` of at most 256 bytes.
    ///
    /// Throws `invalidMethod`, or `reservedMethod` for the classes `Session` and `GatewayConnection` and any `login`,
    /// in any case: sessions and one-time keys are the daemon's own.
    package init(caller text: String) throws(SecurityCenterError) {
        guard Self.isReserved(text) == false else {
            throw SecurityCenterError(.reservedMethod, "sessions and gateways are the daemon's own: use its methods")
        }
        guard Self.isValid(text) else {
            throw SecurityCenterError(.invalidMethod, "a method is Class.Method or Instance.Class.Method")
        }
        self.text = text
    }

    /// A name of our own.
    init(own text: String) {
        self.text = text
    }

    /// Whether the action goes on after the reply: the method's name ends in `Async`.
    package var isAsync: Bool { text.hasSuffix("Async") }

    package var description: String { text }

    static func isValid(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), text.utf8.count <= 256 else { return false }
        return parts.allSatisfy { part in
            part.first.map(isLetter) == true && part.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
        }
    }

    /// Whether any part, wherever it stands, is one of the daemon's own words, in any case.
    package static func isReserved(_ text: String) -> Bool {
        let own = ["session", "gatewayconnection", "login"]
        return text.utf8.split(separator: UInt8(ascii: ".")).contains { part in
            let lowered = part.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
            return own.contains { $0.utf8.elementsEqual(lowered) }
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
