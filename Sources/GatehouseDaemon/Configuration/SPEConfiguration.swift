// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAntivirus

/// How a profile reaches the Antivirus API.
package struct SPEConfiguration: Equatable, Sendable {
    /// How the GICAR client says who it is (RFC 6749 section 2.3.1).
    package enum ClientAuthentication: String, Sendable {
        /// Id and secret in the request's body.
        case body
        /// Id and secret in an `Authorization: Basic` header.
        case basic
    }

    /// The calls that the subscribed plan allows; not in effect in this version.
    package struct Plan: Equatable, Sendable {
        /// Calls a minute.
        package var perMinute: Int?
        /// Calls an hour.
        package var perHour: Int?
    }

    /// The token endpoint of GICAR.
    package var tokenURL: String
    /// The base of the token API, without a slash at its end: `/authentication` and `/refresh` follow.
    package var requestTokenURL: String
    /// The base of the scan API, without a slash at its end: `/scan-file` and `/scan-file-path` follow.
    package var scanFileURL: String
    /// The GICAR client.
    package var clientID: String
    /// The name of the credential with the GICAR client's secret.
    package var clientSecret: String
    /// The name of the credential with the API's client id (`X-IBM-Client-Id`).
    package var apiClientID: String
    /// How the GICAR client says who it is.
    package var clientAuthentication: ClientAuthentication
    /// How the servers' certificates are verified.
    package var trust: TrustConfiguration
    /// The HTTP proxy; nil for none, whatever the environment says.
    package var proxy: String?
    /// How long a request for a token may take.
    package var tokenTimeoutSeconds: Int64 = 75
    /// The calls that the plan allows.
    package var plan: Plan?
    /// The folders in which scanPath may name files.
    package var folders: SharedFolders
    /// Where large files are left for the engine; nil to upload them.
    package var dropOff: DropOffConfiguration?
    /// The test files that the engine may call clean; nil where it is given none.
    package var canaries: [Canary]?
}
