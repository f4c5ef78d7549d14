// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer
import GatehouseWire

/// `tokenStatus`: where every token stands, and never the token.
struct TokenStatusMethod: Method {
    var name: String { TokenStatus.name }
    var schema: MethodSchema { TokenStatus.schema }
    let isAudited = false
    let profiles: Profiles
    let centers: SecurityCenters
    let time: any TimeSource
    /// What was answered last, by the profile that was asked for; under "" for all of them.
    private let answers = Locked<[String: Answer]>([:])

    /// What only time changes (seconds that are left, a delay that ends, a clock that was set) is told this late at most.
    private static let latest = Duration.milliseconds(100)

    /// An answer that holds until a token changes, or time alone changes what is told of it.
    private struct Answer {
        let revision: UInt64
        let until: Instant
        let text: JSONText
    }

    init(profiles: Profiles, centers: SecurityCenters, time: any TimeSource) {
        self.profiles = profiles
        self.centers = centers
        self.time = time
    }

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let wanted = try TokenStatus.Parameters(json: call.parameters).profile
        let selected = if let wanted { [try profiles.find(wanted)] } else { profiles.all }
        let now = time.now
        let sessions = wanted == nil ? centers.sessions(of: call.owner) : []
        let failed = wanted == nil ? centers.failedLogins(of: call.owner, besides: sessions) : []
        guard sessions.isEmpty, failed.isEmpty else {
            let calendar = Calendar(now: now, unixTime: time.unixTime)
            let result = TokenStatus.Result(
                profiles: selected.map { TokenStatus.Profile($0, calendar) },
                sessions: failed.map { SessionReport($0, calendar) } + sessions.map { SessionReport($0, calendar) }
            )
            return .finished(result.json)
        }
        let revision = selected.reduce(0) { $0 &+ self.revision($1) }
        let known = answers.withLock { $0[wanted ?? ""] }
        if let known, known.revision == revision, now < known.until { return .rendered(known.text) }
        let calendar = Calendar(now: now, unixTime: time.unixTime)
        let profiles = selected.map { TokenStatus.Profile($0, calendar) }
        let answer = Answer(
            revision: revision,
            until: now + Self.latest,
            text: JSONText(TokenStatus.Result(profiles: profiles).json)
        )
        answers.withLock { $0[wanted ?? ""] = answer }
        return .rendered(answer.text)
    }

    /// Counts the changes of a profile's tokens and of its engine's standing.
    ///
    /// Each count only grows, so that the sum of all tells of any change.
    private func revision(_ profile: Profiles.Profile) -> UInt64 {
        guard case .ready(let engine, let source) = profile.state else { return 0 }
        return (source?.revision ?? 0) &+ engine.revision
    }
}
