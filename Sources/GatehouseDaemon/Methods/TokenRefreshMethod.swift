// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer
import GatehouseWire

/// `tokenRefresh`: obtains the tokens of a profile, or of all, anew.
struct TokenRefreshMethod: Method {
    var name: String { TokenRefresh.name }
    var schema: MethodSchema { TokenRefresh.schema }
    let profiles: Profiles
    let centers: SecurityCenters
    let reloading: ReloaderLink
    let time: any TimeSource

    var reachesUpstream: Bool { true }

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let wanted = try TokenRefresh.Parameters(json: call.parameters).profile
        if let wanted { _ = try profiles.find(wanted) }
        let (profiles, centers, reloader, time) = (profiles, centers, reloading.reloader, time)
        return .waiting { () async throws(APIError) -> JSONValue in
            // Credentials that were put right make other profiles of those that held the wrong ones.
            let names = Set(wanted.map { [$0] } ?? profiles.all.map(\.name))
            guard await reloader?.takeChangedCredentials(ofProfiles: names) ?? true else {
                throw APIError(.cancelled, isRetryable: true, outcome: .unknown)
            }
            let inForce = await reloader?.profiles ?? profiles
            let selected = if let wanted { [try inForce.find(wanted)] } else { inForce.all }
            if wanted == nil { await centers.retryLogins() }
            let areDone = await withTaskGroup(of: Bool.self) { group in
                for source in selected.compactMap(\.tokens) {
                    group.addTask { await source.refresh() }
                }
                return await group.reduce(true) { $0 && $1 }
            }
            // The attempt goes on.
            guard areDone else { throw APIError(.cancelled, isRetryable: true, outcome: .unknown) }
            return TokenStatus.Result(await Self.states(selected), time).json
        }
    }

    private static func states(
        _ profiles: [Profiles.Profile]
    ) async -> [(profile: Profiles.Profile, tokens: [TokenSnapshot])] {
        var states: [(profile: Profiles.Profile, tokens: [TokenSnapshot])] = []
        for profile in profiles {
            states.append((profile, await profile.tokens?.snapshot() ?? []))
        }
        return states
    }
}

extension TokenStatus.Result {
    /// Tokens as they were seen, without sessions.
    fileprivate init(_ states: [(profile: Profiles.Profile, tokens: [TokenSnapshot])], _ time: any TimeSource) {
        let calendar = Calendar(time)
        self.init(
            profiles: states.map { state in
                TokenStatus.Profile(
                    profile: state.profile.name,
                    engine: state.profile.engine,
                    tokens: state.tokens.map { TokenReport($0, calendar) }
                )
            }
        )
    }
}
