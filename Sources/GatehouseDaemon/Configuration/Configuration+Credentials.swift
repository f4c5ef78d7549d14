// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

extension Configuration {
    /// The credentials of one profile.
    package struct ProfileCredentials: Sendable {
        /// The GICAR client's secret.
        package let clientSecret: Secret
        /// The API's client id (`X-IBM-Client-Id`).
        package let apiClientID: Secret
    }

    /// What reading every credential shows, for `--check-config` and the log at start.
    package struct CredentialReport: Sendable {
        /// Those that cannot be read.
        package let faults: [ConfigurationFault]
        /// Those that every user may read, one line each.
        package let notices: [String]
    }
}

extension Configuration.Loaded {
    /// Reads the credentials of a profile; the fault names the key, its line and the file that is missing.
    ///
    /// Each call reads the files again, so that a changed credential counts.
    package func credentials(
        of profile: ProfileConfiguration
    ) throws(ConfigurationFault) -> Configuration.ProfileCredentials {
        Configuration.ProfileCredentials(
            clientSecret: try read(profile.clientSecret, "clientSecret", of: profile).secret,
            apiClientID: try read(profile.apiClientID, "apiClientId", of: profile).secret
        )
    }

    /// Reads every credential once and tells what is wrong with which.
    package func credentialReport() -> Configuration.CredentialReport {
        var faults: [ConfigurationFault] = []
        var notices: [String] = []
        for profile in configuration.profiles.values.sorted(by: { $0.name < $1.name }) {
            for (key, name) in [("clientSecret", profile.clientSecret), ("apiClientId", profile.apiClientID)] {
                do {
                    let credential = try read(name, key, of: profile)
                    guard credential.isWorldReadable else { continue }
                    let message = "every user may read \(credential.path); chmod 0600 or 0640 stops that"
                    notices.append(source.fault(["profiles", profile.name, key], message).description)
                } catch {
                    faults.append(error)
                }
            }
        }
        return Configuration.CredentialReport(faults: faults, notices: notices)
    }

    private func read(
        _ name: String,
        _ key: String,
        of profile: ProfileConfiguration
    ) throws(ConfigurationFault) -> CredentialStore.Credential {
        do {
            return try credentials.read(name)
        } catch {
            throw source.fault(["profiles", profile.name, key], error.message)
        }
    }
}
