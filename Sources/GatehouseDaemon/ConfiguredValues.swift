// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseTransfer

extension ServerLimits {
    /// The configured limits that are the server's.
    init(_ limits: Limits) {
        self.init()
        messageBytes = limits.messageBytes
        nesting = limits.nesting
        batchElements = limits.batchElements
        valuesPerMessage = limits.valuesPerMessage
        idBytes = limits.idBytes
        descriptorsPerMessage = limits.descriptorsPerMessage
        requestsPerConnection = limits.requestsPerConnection
        requestsPerUid = limits.requestsPerUid
        connections = limits.connections
        connectionsPerUid = limits.connectionsPerUid
        messageTimeout = .milliseconds(limits.messageTimeoutMs)
        outputBytes = limits.outputBytes
        heldBytesPerUid = limits.heldBytesPerUid
        heldBytes = limits.heldBytes
        descriptorsPerUid = limits.descriptorsPerUid
    }
}

extension SPEProfile {
    /// A configured profile with its credentials.
    init(_ name: String, _ profile: SPEConfiguration, _ credentials: Configuration.ProfileCredentials) {
        self.init(
            name: name,
            tokenURL: profile.tokenURL,
            requestTokenURL: profile.requestTokenURL,
            scanFileURL: profile.scanFileURL,
            clientID: profile.clientID,
            clientSecret: credentials.clientSecret,
            apiClientID: credentials.apiClientID,
            clientAuthentication: profile.clientAuthentication == .basic ? .basic : .body,
            trust: TransferRequest.Trust(profile.trust),
            proxy: profile.proxy ?? "",
            tokenTimeout: .seconds(profile.tokenTimeoutSeconds)
        )
    }
}

extension SecurityCenterProfile {
    /// A configured server with its credentials; `token` reads the credential that somebody else renews.
    init(
        _ server: ServerConfiguration,
        _ credentials: Configuration.ServerCredentials,
        token: @escaping @Sendable (_ name: String) async -> Secret?
    ) {
        let account: SecurityCenterAccount =
            switch server.account {
            case .webToken(let name): .token(.web) { await token(name) }
            case .oneTimeToken(let name): .token(.oneTime) { await token(name) }
            case .password(let account):
                .password(
                    PasswordAccount(
                        user: account.user,
                        password: credentials.password ?? Secret(""),
                        isInternal: account.isInternal,
                        domain: account.domain,
                        domainEncoding: account.isDomainEncoded ? .base64 : .plain,
                        totp: credentials.totp
                    )
                )
            }
        self.init(
            name: server.name,
            url: server.url,
            account: account,
            virtualServer: server.virtualServer,
            trust: TransferRequest.Trust(server.trust),
            proxy: server.proxy ?? "",
            sessionLifetime: .seconds(server.sessionSeconds)
        )
    }
}

extension GatewayLimits {
    /// The configured limits that are the gateways'.
    init(_ limits: Limits) {
        self.init()
        perUser = limits.gatewaysPerUid
        total = limits.gateways
    }
}

extension TransferRequest.Trust {
    /// A configured trust.
    init(_ trust: TrustConfiguration) {
        switch trust {
        case .system: self = .system
        case .certificateAuthorities(let pem): self = .certificateAuthorities(pem: pem)
        case .publicKey(let pin): self = .publicKey(pin.curlForm)
        case .certificate(let pin): self = .certificate(sha256: pin.bytes)
        }
    }
}
