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

    /// The credentials of one Security Center's account that are read once.
    package struct ServerCredentials: Sendable {
        /// The password, where the account has one.
        package let password: Secret?
        /// The secret of the second step, where the account has one.
        package let totp: Secret?
    }

    /// What reading every credential shows, for `--check-config` and the log at start.
    package struct CredentialReport: Sendable {
        /// Those that cannot be read.
        package let faults: [ConfigurationFault]
        /// Those that every user may read, or that hold what is hardly meant, one line each.
        package let notices: [String]
    }
}

extension Configuration.Loaded {
    /// Reads the credentials of a profile of the Antivirus API.
    ///
    /// The fault names the key, its line and the file that is missing.
    ///
    /// Each call reads the files again, so that a changed credential counts.
    package func credentials(
        of profile: SPEConfiguration,
        named name: String
    ) throws(ConfigurationFault) -> Configuration.ProfileCredentials {
        Configuration.ProfileCredentials(
            clientSecret: try read(profile.clientSecret, ["profiles", name, "clientSecret"]).secret,
            apiClientID: try read(profile.apiClientID, ["profiles", name, "apiClientId"]).secret
        )
    }

    /// Reads the credential of a profile's SFTP account; the fault names the key, its line and the file that is missing.
    package func credential(
        of sftp: DropOffConfiguration.SFTPConfiguration,
        named name: String
    ) throws(ConfigurationFault) -> CredentialStore.Credential {
        try read(sftp.credential, steps(of: sftp, named: name))
    }

    /// A fault of a profile's SFTP account.
    func fault(
        of sftp: DropOffConfiguration.SFTPConfiguration,
        named name: String,
        _ message: String
    ) -> ConfigurationFault {
        source.fault(steps(of: sftp, named: name), message)
    }

    private func steps(of sftp: DropOffConfiguration.SFTPConfiguration, named name: String) -> [String] {
        ["profiles", name, "dropOff", "sftp", sftp.credentialKey]
    }

    /// Reads the credentials of a server's account; the fault names the key, its line and the file that is missing.
    package func credentials(
        of server: ServerConfiguration
    ) throws(ConfigurationFault) -> Configuration.ServerCredentials {
        guard case .password(let account) = server.account else {
            return Configuration.ServerCredentials(password: nil, totp: nil)
        }
        let password = try read(account.password, ["servers", server.name, "account", "password"]).secret
        guard let totp = account.totp else {
            return Configuration.ServerCredentials(password: password, totp: nil)
        }
        let secret = try read(totp, ["servers", server.name, "account", "totp"]).secret
        return Configuration.ServerCredentials(password: password, totp: secret)
    }

    /// Reads every credential once and tells what is wrong with which.
    package func credentialReport() -> Configuration.CredentialReport {
        var faults: [ConfigurationFault] = []
        var notices: [String] = []
        for (name, steps) in named {
            do {
                let credential = try read(name, steps)
                var messages: [String] = []
                if credential.isWorldReadable {
                    messages.append("every user may read \(credential.path); chmod 0600 or 0640 stops that")
                }
                // A key in PEM form has many lines.
                if credential.hasControlCharacters, steps.last != "privateKey" {
                    messages.append("\(credential.path) holds a line break or another control character; is it meant?")
                }
                notices += messages.map { source.fault(steps, $0).description }
            } catch {
                faults.append(error)
            }
        }
        return Configuration.CredentialReport(faults: faults, notices: notices)
    }

    /// The names of all credentials; one may stand there several times.
    var credentialNames: [String] { named.map(\.name) }

    /// Every credential that the configuration names, and where.
    private var named: [(name: String, steps: [String])] {
        let profiles = configuration.profiles.values.sorted { $0.name < $1.name }.flatMap { profile in
            profile.credentials.map { credential in
                (credential.name, ["profiles", profile.name] + credential.key.split(separator: ".").map(String.init))
            }
        }
        let servers = configuration.servers.values.sorted { $0.name < $1.name }.flatMap { server in
            server.account.credentials.map { ($0.name, ["servers", server.name, "account", $0.key]) }
        }
        return profiles + servers
    }

    /// The same with its credentials as they are now, so that making something of it reads no file.
    func rememberingCredentials() -> Configuration.Loaded {
        var loaded = self
        for name in Set(credentialNames) {
            do {
                loaded.remembered[name] = try credentials.read(name)
            } catch {
                loaded.unreadable[name] = error
            }
        }
        return loaded
    }

    /// The same with those upstreams' credentials that are others by now; nil where none is, or where a restart alone can
    /// change them.
    func takingChangedCredentials(of upstreams: RefusedUpstreams) -> Configuration.Loaded? {
        guard credentials.origin == .configuration else { return nil }
        var loaded = self
        var isChanged = false
        let names = named.filter { _, steps in
            (steps[0] == "profiles" ? upstreams.profiles : upstreams.servers).contains(steps[1])
        }
        for name in Set(names.map(\.name)) {
            let found: CredentialStore.Credential
            do {
                found = try credentials.read(name)
            } catch {
                // One that cannot be read any more stays: whoever replaces a file may be in the middle of that.
                if remembered[name] == nil { loaded.unreadable[name] = error }
                continue
            }
            isChanged = isChanged || remembered[name]?.secret.isEqual(to: found.secret) != true
            loaded.remembered[name] = found
            loaded.unreadable[name] = nil
        }
        return isChanged ? loaded : nil
    }

    private func read(_ name: String, _ steps: [String]) throws(ConfigurationFault) -> CredentialStore.Credential {
        let credential: CredentialStore.Credential
        if let known = remembered[name] {
            credential = known
        } else {
            credential = try readAnew(name, steps)
        }
        guard steps.last == "apiClientId", credential.hasControlCharacters else { return credential }
        throw source.fault(
            steps,
            "the credential file \(credential.path) holds a line break or another control character, which no header can carry"
        )
    }

    private func readAnew(_ name: String, _ steps: [String]) throws(ConfigurationFault) -> CredentialStore.Credential {
        do throws(CredentialStore.Fault) {
            if let fault = unreadable[name] { throw fault }
            return try credentials.read(name)
        } catch {
            throw source.fault(steps, error.message)
        }
    }
}
