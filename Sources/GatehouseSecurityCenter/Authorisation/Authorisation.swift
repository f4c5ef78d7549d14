// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import GatehouseWire

/// The value of an `Authorization` header, which goes with a login and with nothing else.
struct Authorisation: Sendable {
    let scheme: String
    let value: Secret
    /// What no text of an answer may repeat: the value and those of its parts that are secret by themselves.
    let secrets: [Secret]

    init(scheme: String, value: Secret, parts: [Secret] = []) {
        self.scheme = scheme
        self.value = value
        secrets = [value] + parts
    }

    var header: (name: String, value: TransferRequest.HeaderValue) {
        ("Authorization", .secret(prefix: scheme + " ", value))
    }

    /// `KSCBasic user="…", pass="…", domain="…", internal="…"`: user and password in base64.
    ///
    /// Throws `invalidArguments` for a domain that cannot stand between quotes.
    static func basic(_ account: PasswordAccount) throws(SecurityCenterError) -> Authorisation {
        // None of it leaves the memory of secrets before a request is made of it.
        var password = SecretWriter()
        account.password.withBytes { bytes in
            password.append(count: Base64.encodedCount(bytes.count)) { Base64.encode(bytes, into: $0) }
        }
        var field = SecretWriter()
        field.append("pass=\"")
        field.append(password.secret)
        field.append("\"")
        var value = SecretWriter()
        value.append("user=\"\(base64(account.user))\", ")
        value.append(field.secret)
        if !account.domain.isEmpty { value.append(", domain=\"\(try domain(account))\"") }
        value.append(", internal=\"\(account.isInternal ? 1 : 0)\"")
        return Authorisation(
            scheme: "KSCBasic",
            value: value.secret,
            parts: [field.secret, password.secret, account.password]
        )
    }

    private static func domain(_ account: PasswordAccount) throws(SecurityCenterError) -> String {
        switch account.domainEncoding {
        case .plain:
            guard account.domain.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }) else {
                throw SecurityCenterError(.invalidArguments, "the domain cannot be sent as it is: use base64")
            }
            return account.domain
        case .base64: return base64(account.domain)
        }
    }

    /// Of what is no secret.
    private static func base64(_ text: String) -> String {
        Base64.text(Array(text.utf8))
    }

    /// A token, as it was issued.
    static func token(_ scheme: SecurityCenterAccount.TokenScheme, _ token: Secret) -> Authorisation {
        Authorisation(scheme: scheme.rawValue, value: token)
    }

    /// The one-time key of a gateway, as it was returned.
    static func gateway(_ key: Secret) -> Authorisation {
        Authorisation(scheme: "KSCGW", value: key)
    }

    /// The second step of a login, on the connection of the first.
    static func secondStep(_ code: Secret) -> Authorisation {
        var value = SecretWriter()
        value.append("totp=\"")
        value.append(code)
        value.append("\"")
        return Authorisation(scheme: "KSCMFA", value: value.secret, parts: [code])
    }
}
