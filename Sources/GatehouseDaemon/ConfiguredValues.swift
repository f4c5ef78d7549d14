// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
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
        descriptorsPerMessage = limits.descriptorsPerMessage
        requestsPerConnection = limits.requestsPerConnection
        requestsPerUid = limits.requestsPerUid
        connections = limits.connections
        connectionsPerUid = limits.connectionsPerUid
        messageTimeout = .milliseconds(limits.messageTimeoutMs)
        outputBytes = limits.outputBytes
        descriptorsPerUid = limits.descriptorsPerUid
    }
}

extension SPEProfile {
    /// A configured profile with its credentials.
    init(_ profile: ProfileConfiguration, _ credentials: Configuration.ProfileCredentials) {
        self.init(
            name: profile.name,
            tokenURL: profile.tokenURL,
            requestTokenURL: profile.requestTokenURL,
            scanFileURL: profile.scanFileURL,
            clientID: profile.clientID,
            clientSecret: credentials.clientSecret,
            apiClientID: credentials.apiClientID,
            clientAuthentication: profile.clientAuthentication == .basic ? .basic : .body,
            trust: TransferRequest.Trust(profile.trust),
            proxy: profile.proxy ?? ""
        )
    }
}

extension TransferRequest.Trust {
    /// A configured trust.
    init(_ trust: ProfileConfiguration.Trust) {
        switch trust {
        case .system: self = .system
        case .certificateAuthority(let file): self = .certificateAuthority(file: file)
        case .publicKey(let pin): self = .publicKey(pin.curlForm)
        case .certificate(let pin): self = .certificate(sha256: pin.bytes)
        }
    }
}
