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

    init(profiles: Profiles, time: any TimeSource) {
        self.profiles = profiles
        self.time = time
    }

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let wanted = try TokenStatus.Parameters(json: call.parameters).profile
        let selected = if let wanted { [try profiles.find(wanted)] } else { profiles.all }
        let now = time.now
        let revision = selected.reduce(0) { $0 &+ self.revision($1) }
        let known = answers.withLock { $0[wanted ?? ""] }
        if let known, known.revision == revision, now < known.until { return .rendered(known.text) }
        let calendar = Calendar(now: now, unixTime: time.unixTime)
        let profiles = selected.map { report($0, calendar) }
        let answer = Answer(
            revision: revision,
            until: now + Self.latest,
            text: JSONText(TokenStatus.Result(profiles: profiles).json)
        )
        answers.withLock { $0[wanted ?? ""] = answer }
        return .rendered(answer.text)
    }

    /// Counts the changes of a profile's tokens.
    ///
    /// Each count only grows, so that the sum of all tells of any change.
    private func revision(_ profile: Profiles.Profile) -> UInt64 {
        guard case .ready(_, let source) = profile.state else { return 0 }
        return source.revision
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
