// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseTransfer

/// How one Security Center is reached, and as whom.
package struct SecurityCenterProfile: Sendable {
    /// The server's name in the configuration.
    package var name: String
    /// `https://host:port`, without a path; 13299 is the Open API's port.
    package var url: String
    /// Who calls.
    package var account: SecurityCenterAccount
    /// The virtual server, or nothing for the main one (`X-KSC-VServer`).
    package var virtualServer: String
    /// Whom to trust.
    package var trust: TransferRequest.Trust
    /// An HTTP proxy, or nothing.
    package var proxy: String
    /// How long a session lasts without a request, as the server has it; the only public figure is 3 minutes.
    package var sessionLifetime: Duration
    /// A longer reply is refused, in bytes.
    package var maximumReplyBytes: Int

    /// Describes a server.
    package init(
        name: String,
        url: String,
        account: SecurityCenterAccount,
        virtualServer: String = "",
        trust: TransferRequest.Trust = .system,
        proxy: String = "",
        sessionLifetime: Duration = .seconds(180),
        maximumReplyBytes: Int = 4 << 20
    ) {
        self.name = name
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.account = account
        self.virtualServer = virtualServer
        self.trust = trust
        self.proxy = proxy
        self.sessionLifetime = sessionLifetime
        self.maximumReplyBytes = maximumReplyBytes
    }

    /// How long a held session is left alone before it is pinged: a third of what it lasts, so that one ping may fail.
    var pingInterval: Duration { max(sessionLifetime / 3, .seconds(1)) }
}

/// The account that the daemon uses on a Security Center.
package enum SecurityCenterAccount: Sendable {
    /// A user and a password (`KSCBasic`).
    case password(PasswordAccount)
    /// A token that somebody else renews (`KSCT`, `KSCWT`): it is asked for at each login; nil when there is none.
    case token(TokenScheme, @Sendable () async -> Secret?)

    /// How a token is presented.
    package enum TokenScheme: String, Sendable, CaseIterable {
        /// A one-time token of `Session.CreateToken`.
        case oneTime = "KSCT"
        /// A web token.
        case web = "KSCWT"
    }

    /// What its server knows and nobody else may; not a token that comes from outside, which goes with logins alone.
    var secrets: [Secret] {
        switch self {
        case .password(let account): [account.password] + [account.totp].compactMap(\.self)
        case .token: []
        }
    }
}

/// A user of a Security Center, of its domain or of its operating system.
package struct PasswordAccount: Sendable {
    /// How the domain's name is written: the vendor's client sends it as it is, others in base64.
    package enum DomainEncoding: String, Sendable, CaseIterable {
        case plain
        case base64
    }

    /// The user's name.
    package var user: String
    /// The password.
    package var password: Secret
    /// An account of the Security Center itself, and not of a domain or an operating system.
    package var isInternal: Bool
    /// The domain, or nothing.
    package var domain: String
    /// How the domain is written.
    package var domainEncoding: DomainEncoding
    /// The secret of the second step (RFC 6238), in base32, where the account has one.
    package var totp: Secret?

    /// Describes a user.
    package init(
        user: String,
        password: Secret,
        isInternal: Bool = true,
        domain: String = "",
        domainEncoding: DomainEncoding = .plain,
        totp: Secret? = nil
    ) {
        self.user = user
        self.password = password
        self.isInternal = isInternal
        self.domain = domain
        self.domainEncoding = domainEncoding
        self.totp = totp
    }
}
