// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform

/// The antivirus profiles of the configuration, at work.
struct Profiles: Sendable {
    /// One profile.
    ///
    /// A class, because every call looks it up: a copy of the structure counted twenty references.
    final class Profile: Sendable {
        let name: String
        let engine: String
        let state: State

        /// Whether it scans, and with what tokens if its engine needs any.
        enum State: Sendable {
            case ready(any ScanEngine, TokenSource?)
            /// It cannot work, and says why to whoever calls it: a credential is missing, for example.
            case unavailable(APIError)
        }

        /// What keeps to the plan of its API client; nil where nothing does, or it cannot work.
        var pacer: PlanPacer? {
            guard case .ready(let engine, _) = state else { return nil }
            return engine.pacer
        }

        init(name: String, engine: String, state: State) {
            self.name = name
            self.engine = engine
            self.state = state
        }
    }

    let all: [Profile]
    let defaultName: String?

    /// The profile that a caller named, or the default one.
    func find(_ name: String?) throws(APIError) -> Profile {
        guard !all.isEmpty else {
            throw APIError(.unknownProfile, hint: "The configuration has no profiles: this daemon scans nothing.")
        }
        guard let wanted = name ?? defaultName else {
            throw APIError(.unknownProfile, "there are several profiles and no default: name one of \(names)")
        }
        guard let profile = all.first(where: { $0.name == wanted }) else {
            throw APIError(.unknownProfile, hint: "The profiles are \(names).")
        }
        return profile
    }

    private var names: String { all.map(\.name).joined(separator: ", ") }
}
