// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension SecurityCenter {
    /// What the request log says of a request besides its line.
    package struct Description: Equatable, Sendable {
        /// `Class.Method`, `login`, `FTDR` or `FTUR`; `unknown` for anything else.
        package let call: String
        /// The scheme of its credentials, where it has any.
        package let scheme: String?
        /// The beginning of a hash of the session's id.
        package let session: String?
        /// The node that the request goes to: for a gateway's login the one that it will lead to.
        package let target: NodeName?
    }

    /// Describes a request before it is answered.
    package func describe(_ head: RequestHead, connection: Int) -> Description {
        let owner = Self.owner(head, connection: connection)
        let login = logins.logins[owner]
        var target = login?.node
        if case .gateway(let key)? = head.header("Authorization").map(AuthorizationHeader.init) {
            target = gatewayKeys.peek(key)?.route.last
        }
        return Description(
            call: Self.callName(head.path),
            scheme: head.header("Authorization").map(Self.scheme),
            session: head.header("X-KSC-Session").map(Self.short),
            target: target
        )
    }

    private static func scheme(_ authorization: String) -> String {
        let word = authorization.split(separator: " ").first.map(String.init) ?? ""
        return ["KSCBasic", "KSCT", "KSCWT", "KSCGW", "KSCMFA", "NTLM"].contains(word) ? word : "other"
    }

    /// The beginning of a hash, from which nobody gets the session's id.
    static func short(_ session: String) -> String {
        String(ByteCoding.hexadecimal(SHA1.hash(Array(session.utf8))).prefix(10))
    }

    private static func callName(_ path: String) -> String {
        if path.hasPrefix("/FTDR/") { return "FTDR" }
        if path.hasPrefix("/FTUR/") { return "FTUR" }
        guard let name = methodPath(path), (1...100).contains(name.utf8.count) else { return "unknown" }
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x2E, 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: false
            }
        }
        return isPlain ? name : "unknown"
    }
}
