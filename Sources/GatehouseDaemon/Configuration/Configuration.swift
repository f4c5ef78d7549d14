// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What `gatehouse.yaml` says, checked and with every default filled in.
package struct Configuration: Equatable, Sendable {
    /// The folder with the credentials; nil where systemd passes one and the file names none.
    package var credentialsDirectory: String?
    /// The profile that is used when a caller names none; nil where there is no profile.
    package var defaultProfile: String?
    /// The profiles by their names.
    package var profiles: [String: ProfileConfiguration]
    /// The Security Centers by their names.
    package var servers: [String: ServerConfiguration] = [:]
    /// The limits.
    package var limits: Limits
    /// Who may do what; nil where the socket's own mode and group, and what a method needs, decide.
    package var policy: Policy?
}
