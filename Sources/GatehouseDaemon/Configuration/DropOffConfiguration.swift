// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI
package import GatehouseAntivirus

/// Where a profile leaves large files for its engine.
package struct DropOffConfiguration: Equatable, Sendable {
    /// How the daemon reaches the folder.
    package enum Place: Equatable, Sendable {
        /// A folder of this host.
        case local(String)
        /// A folder on an SFTP server.
        case sftp(SFTPConfiguration)
    }

    /// An account on an SFTP server.
    package struct SFTPConfiguration: Equatable, Sendable {
        /// The server's name or address.
        package var host: String
        /// Its port.
        package var port: Int
        /// The account.
        package var user: String
        /// The name of the credential.
        package var credential: String
        /// Whether it is a private key, and not a password.
        package var isPrivateKey: Bool
        /// The fingerprint of the server's key.
        package var hostKey: SHA256Pin
        /// The folder on the server.
        package var folder: String

        /// The configuration's key of the credential.
        var credentialKey: String { isPrivateKey ? "privateKey" : "password" }
    }

    /// Files of that many bytes and more are left there.
    package var threshold: Int64
    /// The folder as the engine sees it.
    package var remote: SharedPath
    /// How the daemon reaches it.
    package var place: Place
}

extension SPEConfiguration {
    /// The credential of the SFTP account, where there is one, and under which key it stands.
    var dropOffCredentials: [(name: String, key: String)] {
        guard case .sftp(let sftp) = dropOff?.place else { return [] }
        return [(sftp.credential, "dropOff.sftp." + sftp.credentialKey)]
    }
}
