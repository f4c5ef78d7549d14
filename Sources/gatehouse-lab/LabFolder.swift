// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab

/// The names of what the lab keeps in its folder, which is an absolute path.
struct LabFolder: Sendable {
    let path: String

    /// Refuses a path that gatehouse.yaml cannot name.
    func checkName() throws(StartError) {
        let isPlain = path.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
        // What is no UTF-8 has been read with replacement characters, and is another path by now.
        guard isPlain, !path.unicodeScalars.contains("\u{FFFD}") else {
            throw StartError("the path of the folder must be UTF-8 without control characters and backslashes")
        }
    }

    var tls: String { path + "/tls" }
    var credentials: String { path + "/credentials" }
    var clientSecret: String { credentials + "/" + Accounts.clientSecretFile }
    var apiClientId: String { credentials + "/" + Accounts.apiClientIdFile }
    var shared: String { path + "/files2scan" }
    var configuration: String { path + "/gatehouse.yaml" }
    var requestLog: String { path + "/requests.jsonl" }
}

/// The account at Keycloak and the application at the gateway, new at each start.
struct Accounts {
    static let clientSecretFile = "gicar-secret"
    static let apiClientIdFile = "ibm-client-id"

    let clientId = "gatehouse-lab"
    /// Holds characters that a careless form or Basic encoding breaks.
    let clientSecret: String
    let apiClientId: String

    init() {
        var mint = TokenMint()
        clientSecret = ByteCoding.base64URL(mint.bytes(12)) + "+%&: =/?%2B" + ByteCoding.base64URL(mint.bytes(12))
        apiClientId = ByteCoding.hexadecimal(mint.bytes(16))
    }

    /// Writes the credential files, without a line end.
    func write(to folder: LabFolder) throws(StartError) {
        try Files.write(clientSecret, to: folder.clientSecret)
        try Files.write(apiClientId, to: folder.apiClientId)
    }
}

/// Where the services listen.
struct Addresses {
    let gicarPort: Int
    let apiConnectPort: Int
    let securityCenterPort: Int
    let controlPort: Int

    var gicar: String { "https://localhost:\(gicarPort)" }
    var token: String { gicar + Keycloak.tokenPath }
    var apiConnect: String { "https://localhost:\(apiConnectPort)\(Gateway.basePath)" }
    var requestToken: String { "https://localhost:\(apiConnectPort)\(Gateway.requestTokenPath)" }
    var scanFile: String { "https://localhost:\(apiConnectPort)\(Gateway.scanFilePath)" }
    var securityCenter: String { "https://localhost:\(securityCenterPort)" }
    var control: String { "http://127.0.0.1:\(controlPort)" }
}

/// The daemon's configuration for this lab.
struct DaemonConfiguration {
    let folder: LabFolder
    let addresses: Addresses
    let clientId: String
    let caFile: String
    let securityCenterPin: String

    /// YAML whose strings are quoted as in JSON, which YAML reads alike.
    var yaml: String {
        let quoted = { (text: String) in JSONValue.string(text).compact }
        return """
            credentialsDirectory: \(quoted(folder.credentials))
            defaultProfile: lab
            profiles:
              lab:
                engine: spe
                urls:
                  token: \(quoted(addresses.token))
                  requestToken: \(quoted(addresses.requestToken))
                  scanFile: \(quoted(addresses.scanFile))
                clientId: \(quoted(clientId))
                clientSecret: \(Accounts.clientSecretFile)
                apiClientId: \(Accounts.apiClientIdFile)
                clientAuthentication: body
                sharedPaths: [\(SharedPath.published)]
                pathMaps:
                  - local: \(quoted(folder.shared))
                    remote: \(SharedPath.published)
                tls:
                  caFile: \(quoted(caFile))
            servers:
              main:
                url: \(quoted(addresses.securityCenter))
                account:
                  user: \(SecurityCenterAccounts.user)
                  password: \(SecurityCenterAccounts.passwordFile)
                  internal: true
                tls:
                  pinnedCertificate: \(quoted(securityCenterPin))

            """
    }
}

/// The line that says where everything is.
enum ReadyLine {
    static func make(
        folder: LabFolder,
        addresses: Addresses,
        accounts: Accounts,
        caFile: String,
        securityCenter: JSONValue
    ) -> JSONValue {
        [
            "event": "ready", "directory": .string(folder.path), "configuration": .string(folder.configuration),
            "caFile": .string(caFile), "requestLog": .string(folder.requestLog),
            "services": [
                "gicar": [
                    "url": .string(addresses.gicar), "tokenUrl": .string(addresses.token),
                    "clientId": .string(accounts.clientId), "clientSecretFile": .string(folder.clientSecret),
                ],
                "apiConnect": [
                    "url": .string(addresses.apiConnect), "requestTokenUrl": .string(addresses.requestToken),
                    "scanFileUrl": .string(addresses.scanFile), "clientIdFile": .string(folder.apiClientId),
                ],
                "securityCenter": securityCenter,
                "control": ["url": .string(addresses.control)],
            ],
            "sharedPath": .string(folder.shared),
            "share": ["local": .string(folder.shared), "remote": .string(SharedPath.published)],
        ]
    }
}
