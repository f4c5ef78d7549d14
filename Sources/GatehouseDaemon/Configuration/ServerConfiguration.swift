// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// One Security Center of the configuration: where it is and as whom it is called.
package struct ServerConfiguration: Equatable, Sendable {
    /// Who calls; credentials are named, never held.
    package enum Account: Equatable, Sendable {
        /// A user and a password.
        case password(PasswordAccount)
        /// A web token (`KSCWT`) that somebody else renews, in the credential of this name.
        case webToken(String)
        /// A one-time token (`KSCT`) that somebody else renews, in the credential of this name.
        case oneTimeToken(String)

        /// The credentials that it names, by their keys.
        var credentials: [(key: String, name: String)] {
            switch self {
            case .password(let account):
                [("password", account.password)] + (account.totp.map { [("totp", $0)] } ?? [])
            case .webToken(let name): [("webToken", name)]
            case .oneTimeToken(let name): [("oneTimeToken", name)]
            }
        }
    }

    /// A user of a Security Center, of its domain or of its operating system.
    package struct PasswordAccount: Equatable, Sendable {
        /// The user's name.
        package var user: String
        /// The name of the credential with the password.
        package var password: String
        /// An account of the Security Center itself.
        package var isInternal = false
        /// The domain, or nothing.
        package var domain = ""
        /// Whether the domain is written in base64: clients of the Open API disagree.
        package var isDomainEncoded = false
        /// The name of the credential with the secret of the second step.
        package var totp: String?

        /// Describes a user.
        package init(
            user: String,
            password: String,
            isInternal: Bool = false,
            domain: String = "",
            isDomainEncoded: Bool = false,
            totp: String? = nil
        ) {
            self.user = user
            self.password = password
            self.isInternal = isInternal
            self.domain = domain
            self.isDomainEncoded = isDomainEncoded
            self.totp = totp
        }
    }

    /// Its name.
    package var name: String
    /// `https://host:port`.
    package var url: String
    /// Who calls.
    package var account: Account
    /// The virtual server, or nothing for the main one.
    package var virtualServer = ""
    /// How the server's certificate is verified.
    package var trust: TrustConfiguration
    /// The HTTP proxy; nil for none, whatever the environment says.
    package var proxy: String?
    /// How long a session lasts without a request, as the server has it, in seconds.
    package var sessionSeconds: Int64 = 180
}
