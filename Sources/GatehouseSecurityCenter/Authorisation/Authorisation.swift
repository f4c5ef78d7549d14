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
        var value: [UInt8] = Array("user=\"".utf8)
        value += Base64.encode(Array(account.user.utf8))
        value += Array("\", pass=\"".utf8)
        let password = account.password.withBytes { Base64.encode(Array($0)) }
        value += password
        value += Array("\"".utf8)
        if !account.domain.isEmpty {
            value += Array(", domain=\"".utf8)
            switch account.domainEncoding {
            case .plain:
                guard account.domain.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C && $0 != 0x7F }) else {
                    throw SecurityCenterError(.invalidArguments, "the domain cannot be sent as it is: use base64")
                }
                value += Array(account.domain.utf8)
            case .base64: value += Base64.encode(Array(account.domain.utf8))
            }
            value += Array("\"".utf8)
        }
        value += Array(", internal=\"\(account.isInternal ? 1 : 0)\"".utf8)
        let field = Secret(Array("pass=\"".utf8) + password + [0x22])
        return Authorisation(
            scheme: "KSCBasic",
            value: Secret(value),
            parts: [field, Secret(password), account.password]
        )
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
        let value = Secret(Array("totp=\"".utf8) + code.withBytes { Array($0) } + [0x22])
        return Authorisation(scheme: "KSCMFA", value: value, parts: [code])
    }
}
