// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import GatehouseWire

@testable import GatehouseSecurityCenter

/// A Security Center that answers the requests of logins by their number, knowing every `Authorization` so far.
final class LoginTransport: ServerTransport, ServerConnection {
    private let answer: @Sendable (Int, [String]) throws(TransferError) -> ServerReply
    private let seen = Locked<[String]>([])
    private let number = Locked(0)

    init(_ answer: @escaping @Sendable (Int, [String]) throws(TransferError) -> ServerReply) {
        self.answer = answer
    }

    /// Every `Authorization` so far.
    var authorisations: [String] { seen.withLock { $0 } }

    func connect() throws(TransferError) -> any ServerConnection { self }

    func close() {}

    func send(_ request: TransferRequest) async throws(TransferError) -> ServerReply {
        if case .secret(let prefix, let secret) = request.headers.first(where: { $0.name == "Authorization" })?.value {
            seen.withLock { $0.append(prefix + secret.exposed()) }
        }
        let number = number.withLock { number in
            defer { number += 1 }
            return number
        }
        return try answer(number, authorisations)
    }
}

extension ServerLink {
    /// A link to a transport whose time is the test's.
    init(_ transport: any ServerTransport, _ account: PasswordAccount, time: any TimeSource = SystemTime()) {
        self.init(transport, .password(account), time: time)
    }

    init(_ transport: any ServerTransport, _ account: SecurityCenterAccount, time: any TimeSource = SystemTime()) {
        let profile = SecurityCenterProfile(name: "main", url: "https://ksc.example:13299", account: account)
        self.init(profile: profile, transport: transport, time: time)
    }
}
