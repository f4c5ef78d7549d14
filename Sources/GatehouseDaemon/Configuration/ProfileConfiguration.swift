// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// One profile of the configuration: with which engine files are scanned, and how it is reached.
package struct ProfileConfiguration: Equatable, Sendable {
    /// What scans.
    package enum Engine: Equatable, Sendable {
        /// The Antivirus API.
        case spe(SPEConfiguration)
        /// A clamd.
        case clamd(EngineConfiguration)
        /// An ICAP server.
        case icap(EngineConfiguration)

        /// The word of the key `engine`.
        package var kind: String {
            switch self {
            case .spe: "spe"
            case .clamd: "clamd"
            case .icap: "icap"
            }
        }
    }

    /// Its name.
    package var name: String
    /// What scans.
    package var engine: Engine

    /// The Antivirus API's settings; nil for another engine.
    package var spe: SPEConfiguration? {
        switch engine {
        case .spe(let configuration): configuration
        case .clamd, .icap: nil
        }
    }

    /// The names of the credentials that it needs, and under which key each stands, with dots between its parts.
    package var credentials: [(name: String, key: String)] {
        switch engine {
        case .spe(let configuration):
            [(configuration.clientSecret, "clientSecret"), (configuration.apiClientID, "apiClientId")]
                + configuration.dropOffCredentials
        case .clamd, .icap: []
        }
    }
}
