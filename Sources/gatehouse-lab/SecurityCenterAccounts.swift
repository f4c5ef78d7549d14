// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab

/// The accounts at the Security Centers, with passwords that are new at each start.
struct SecurityCenterAccounts {
    static let user = "api"
    static let passwordFile = "ksc-password"
    static let secondStepUser = "auditor"
    static let secondStepPasswordFile = "ksc-auditor-password"
    static let secondStepKeyFile = "ksc-auditor-totp"
    static let domainUser = "operator"
    static let domain = "CORP"
    static let domainPasswordFile = "ksc-operator-password"
    static let webTokenFile = "ksc-webtoken"

    let all: [SecurityCenterAccount]
    let webToken: String

    init() {
        var mint = TokenMint()
        // Holds characters that a careless encoding breaks.
        let password = { (mint: inout TokenMint) in "ñ\"," + ByteCoding.base64(mint.bytes(15)) + "% =" }
        all = [
            SecurityCenterAccount(user: Self.user, password: password(&mint)),
            SecurityCenterAccount(
                user: Self.secondStepUser,
                password: password(&mint),
                secondStep: OneTimePassword(key: mint.bytes(20))
            ),
            SecurityCenterAccount(user: Self.domainUser, password: password(&mint), domain: Self.domain),
        ]
        let claims: JSONValue = ["sub": .string(Self.user), "jti": .string(mint.identifier())]
        webToken = mint.token(header: ["alg": "HS256", "typ": "JWT"], claims: claims, signatureBytes: 32)
    }

    /// Writes the credential files, without a line end.
    func write(to folder: LabFolder) throws(StartError) {
        let passwords = [Self.passwordFile, Self.secondStepPasswordFile, Self.domainPasswordFile]
        for (name, account) in zip(passwords, all) {
            try Files.write(account.password, to: folder.credentials + "/" + name)
            guard let secondStep = account.secondStep else { continue }
            try Files.write(secondStep.base32, to: folder.credentials + "/" + Self.secondStepKeyFile)
        }
        try Files.write(webToken, to: folder.credentials + "/" + Self.webTokenFile)
    }
}

/// What the ready line says of the Security Centers.
struct SecurityCenterDescription {
    let folder: LabFolder
    let url: String
    let certificate: PinnedCertificate
    let otherCertificate: PinnedCertificate
    let topology: Topology

    var json: JSONValue {
        let file = { (name: String) in JSONValue.string(folder.credentials + "/" + name) }
        return [
            "url": .string(url), "caFile": .string(certificate.certificateFile),
            "pinnedCertificate": .string(certificate.pin), "otherPinnedCertificate": .string(otherCertificate.pin),
            "accounts": [
                [
                    "user": .string(SecurityCenterAccounts.user), "internal": .bool(true),
                    "passwordFile": file(SecurityCenterAccounts.passwordFile),
                ],
                [
                    "user": .string(SecurityCenterAccounts.secondStepUser), "internal": .bool(true),
                    "passwordFile": file(SecurityCenterAccounts.secondStepPasswordFile),
                    "totpFile": file(SecurityCenterAccounts.secondStepKeyFile),
                ],
                [
                    "user": .string(SecurityCenterAccounts.domainUser), "internal": .bool(false),
                    "domain": .string(SecurityCenterAccounts.domain),
                    "passwordFile": file(SecurityCenterAccounts.domainPasswordFile),
                ],
            ],
            "webTokenFile": file(SecurityCenterAccounts.webTokenFile),
            "virtualServers": .array(topology.virtualServers.map(JSONValue.string)),
            "servers": .array(servers), "hosts": .array(hosts),
            "extraHosts": .integer(topology.hosts.count - hosts.count),
        ]
    }

    private var servers: [JSONValue] {
        topology.servers.values.sorted { ($0.parent ?? "", $0.id) < ($1.parent ?? "", $1.id) }.map { server in
            [
                "name": .string(server.name), "parent": server.parent.map(JSONValue.string) ?? .null,
                "id": .integer(server.id), "instanceId": .string(server.instanceId),
                "displayName": .string(server.displayName), "isDown": .bool(server.isDown),
            ]
        }
    }

    /// The hosts that are there for a purpose; the others are many and alike.
    private var hosts: [JSONValue] {
        topology.hosts.values.filter { !$0.isExtra }.sorted { $0.number < $1.number }.map { host in
            [
                "id": .string(host.id), "name": .string(host.displayName), "server": .string(host.server),
                "virtualServer": .string(host.virtualServer), "behaviour": .string(host.behaviour.rawValue),
                "components": .array(host.components.map(JSONValue.string)),
            ]
        }
    }
}
