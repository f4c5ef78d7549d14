// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseTransfer

/// How one account of the Antivirus API is reached (protocol page, sections 2.1 and 2.2).
package struct SPEProfile: Sendable {
    /// How GICAR learns the client's secret; Keycloak takes both (section 4).
    package enum ClientAuthentication: Sendable {
        /// In the form, where no encoding of its own can go wrong.
        case body
        /// In a Basic header.
        case basic
    }

    /// The profile's name in the configuration.
    package var name: String
    /// GICAR's token endpoint.
    package var tokenURL: String
    /// The base of `/authentication` and `/refresh`.
    package var requestTokenURL: String
    /// The base of `/scan-file`.
    package var scanFileURL: String
    /// The client of GICAR.
    package var clientID: String
    /// Its secret.
    package var clientSecret: Secret
    /// `X-IBM-Client-Id`.
    package var apiClientID: Secret
    /// How the secret is sent.
    package var clientAuthentication: ClientAuthentication
    /// Whom to trust.
    package var trust: TransferRequest.Trust
    /// An HTTP proxy, or nothing.
    package var proxy: String
    /// How long a request for a token may take.
    ///
    /// The gateway gives up on SPE after 60 s (section 2.2), so the answer to a slow login comes a little later.
    package var tokenTimeout: Duration
    /// The longest that GICAR is waited for, behind which there is no gateway.
    package static let longestWaitForGICAR = Duration.seconds(30)

    /// Describes an account.
    package init(
        name: String,
        tokenURL: String,
        requestTokenURL: String,
        scanFileURL: String,
        clientID: String,
        clientSecret: Secret,
        apiClientID: Secret,
        clientAuthentication: ClientAuthentication = .body,
        trust: TransferRequest.Trust = .system,
        proxy: String = "",
        tokenTimeout: Duration = .seconds(75)
    ) {
        self.name = name
        self.tokenURL = tokenURL
        self.requestTokenURL = requestTokenURL
        self.scanFileURL = scanFileURL
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.apiClientID = apiClientID
        self.clientAuthentication = clientAuthentication
        self.trust = trust
        self.proxy = proxy
        self.tokenTimeout = tokenTimeout
    }
}
