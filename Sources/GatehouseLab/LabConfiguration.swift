// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What the servers know and how they behave.
package struct LabConfiguration: Sendable {
    /// The GICAR client's id.
    package var clientId: String
    /// The GICAR client's secret.
    package var clientSecret: String
    /// The application's `X-IBM-Client-Id`.
    package var apiClientId: String
    /// The folder that plays the share of scan-by-path, as an absolute path.
    package var sharedDirectory: String
    /// Lifetime of Keycloak's tokens, in seconds.
    package var gicarLifetime = 300
    /// Lifetime of SPE's access tokens, in seconds.
    package var accessLifetime = 36_000
    /// Lifetime of SPE's refresh tokens, in seconds; no document says it.
    package var refreshLifetime = 86_400
    /// How long the gateway waits for SPE, in seconds.
    package var invokeTimeout = 60
    /// Calls that the plan allows.
    package var plan = PlanLimit(perMinute: 1_000_000, perHour: 10_000_000)
    /// The Security Centers.
    package var securityCenter = SecurityCenter.Settings()
    /// Faults that are on from the start.
    package var faults: [Fault] = []

    /// Makes a configuration with the published defaults.
    package init(clientId: String, clientSecret: String, apiClientId: String, sharedDirectory: String) {
        self.clientId = clientId
        self.clientSecret = clientSecret
        self.apiClientId = apiClientId
        self.sharedDirectory = sharedDirectory
    }
}
