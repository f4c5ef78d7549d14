// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

extension Configuration {
    /// A configuration, where its credentials are, and what is worth a note about it.
    package struct Loaded: Sendable {
        /// The configuration.
        package internal(set) var configuration: Configuration
        /// Where the credentials are.
        package let credentials: CredentialStore
        /// What of the file is not done as it says, one line each.
        package internal(set) var notices: [String]
        let source: ConfigurationSource
        /// The credentials that were read already, by their names.
        var remembered: [String: CredentialStore.Credential] = [:]
        /// Why others could not be.
        var unreadable: [String: CredentialStore.Fault] = [:]
    }

    /// Reads and checks a configuration file; names every fault at once.
    ///
    /// Of the environment only `CREDENTIALS_DIRECTORY` counts (systemd.exec(5)). Credentials are not read here: see
    /// ``Loaded/credentials(of:)`` and ``Loaded/credentialReport()``; but for `readingCredentials`, with which the faults
    /// of a file that cannot be used name those as well that cannot be read.
    package static func load(
        path: String,
        environment: [String: String],
        readingCredentials: Bool = false
    ) -> Result<Loaded, ConfigurationFaults> {
        func failure(_ line: Int?, _ key: String, _ message: String) -> Result<Loaded, ConfigurationFaults> {
            .failure(
                ConfigurationFaults(
                    faults: [ConfigurationFault(file: path, line: line, key: key, message: message)]
                )
            )
        }
        let document: YAMLDocument
        do {
            let bytes = try SmallFile.read(path, limit: YAMLDocument.maximumBytes) { bytes, _ in Array(bytes) }
            document = try YAMLDocument(parsing: bytes)
        } catch let fault as SmallFile.Fault {
            return failure(nil, "", "cannot be read: \(fault.reason)")
        } catch let fault as YAMLDocument.Fault {
            return failure(fault.mark?.line, ConfigurationSource.key(fault.path), fault.message)
        } catch {
            return failure(nil, "", "cannot be read")
        }
        return load(document, file: path, environment: environment, readingCredentials: readingCredentials)
    }

    private static func load(
        _ document: YAMLDocument,
        file: String,
        environment: [String: String],
        readingCredentials: Bool
    ) -> Result<Loaded, ConfigurationFaults> {
        var source = ConfigurationSource(file: file, document: document)
        source.add(SchemaLibrary.configuration.violations(of: document.value, wording: .yaml))
        let configuration = ConfigurationBuilder.build(&source, environment: environment)
        guard source.faults.isEmpty, let configuration else {
            let directory = document.value["credentialsDirectory"]?.string
            let store = CredentialStore(configured: directory, environment: environment)
            if readingCredentials, !store.directory.isEmpty { source.add(faultsOf: store) }
            let faults = source.faults.enumerated().sorted {
                ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
            }
            return .failure(ConfigurationFaults(faults: faults.map(\.element)))
        }
        let store = CredentialStore(configured: configuration.credentialsDirectory, environment: environment)
        let notices = source.notices.map(\.description)
        return .success(
            Loaded(configuration: configuration, credentials: store, notices: notices, source: source)
        )
    }
}
