// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer
import GatehouseWire

/// `tokenStatus`: where every token stands, and never the token.
struct TokenStatusMethod: Method {
    let schema = TokenStatus.schema
    let profiles: Profiles
    let time: any TimeSource
    private let rendered = Locked<[String: Rendered]>([:])

    /// A profile's report and its JSON: tokens change seldom and are looked at often.
    private struct Rendered {
        let profile: TokenStatus.Profile
        let json: JSONValue
    }

    init(profiles: Profiles, time: any TimeSource) {
        self.profiles = profiles
        self.time = time
    }

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let wanted = try TokenStatus.Parameters(json: call.parameters).profile
        let selected = if let wanted { [try profiles.find(wanted)] } else { profiles.all }
        let calendar = Calendar(now: time.now, unixTime: time.unixTime)
        return .finished(["profiles": .array(selected.map { render(report($0, calendar)) })])
    }

    private func render(_ profile: TokenStatus.Profile) -> JSONValue {
        rendered.withLock { rendered in
            if let known = rendered[profile.profile], known.profile == profile { return known.json }
            let json = profile.json
            rendered[profile.profile] = Rendered(profile: profile, json: json)
            return json
        }
    }

    private func report(_ profile: Profiles.Profile, _ calendar: Calendar) -> TokenStatus.Profile {
        var tokens: [TokenReport] = []
        if case .ready(_, let source) = profile.state {
            // The source lives on the loop, where this runs.
            tokens = source.assumeIsolated { $0.snapshot() }.map { report($0, calendar) }
        }
        return TokenStatus.Profile(profile: profile.name, engine: profile.engine, tokens: tokens)
    }

    private func report(_ token: TokenSnapshot, _ calendar: Calendar) -> TokenReport {
        TokenReport(
            token: token.token.rawValue,
            state: state(token.state),
            obtainedAt: token.obtainedAt.map(calendar.timestamp),
            expiresAt: token.expiresAt.map(calendar.timestamp),
            expiresInSeconds: token.expiresAt.map { max(0, $0.milliseconds(since: calendar.now) / 1000) },
            renewAt: token.renewAt.map(calendar.timestamp),
            lastUsedAt: token.lastUsedAt.map(calendar.timestamp),
            waiters: Int64(token.waiters),
            consecutiveFailures: Int64(token.consecutiveFailures),
            lastFailure: failure(token, calendar),
            nextAttemptAt: token.nextAttemptAt.map(calendar.timestamp)
        )
    }

    private func state(_ state: TokenSnapshot.State) -> TokenState {
        switch state {
        case .none: .none
        case .valid: .valid
        case .renewing: .renewing
        case .expired: .expired
        case .refused: .refused
        case .waiting: .waiting
        }
    }

    private func failure(_ token: TokenSnapshot, _ calendar: Calendar) -> TokenFailure? {
        guard let error = token.lastFailure, let at = token.lastFailureAt else { return nil }
        let mapped = APIError(error)
        return TokenFailure(
            at: calendar.timestamp(at),
            kind: mapped.kind.rawValue,
            message: error.message,
            upstream: mapped.upstream
        )
    }
}

/// Tells what Unix time an instant stands for, as far as this machine's clock is right now.
struct Calendar {
    let now: Instant
    let unixTime: Double

    func timestamp(_ instant: Instant) -> Timestamp {
        // Rounded from nanoseconds, so that an instant does not move by a millisecond from one answer to the next.
        let milliseconds = unixTime * 1000 + Double(instant.nanoseconds - now.nanoseconds) / 1_000_000
        return Timestamp(unixMilliseconds: Int64(milliseconds.rounded()))
    }
}
