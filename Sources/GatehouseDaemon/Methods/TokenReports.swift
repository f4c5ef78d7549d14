// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform

extension TokenStatus.Profile {
    /// What may be told of a profile's tokens.
    ///
    /// Called on the loop.
    init(_ profile: Profiles.Profile, _ calendar: Calendar) {
        var tokens: [TokenReport] = []
        if let source = profile.tokens {
            // The source lives on the loop, where this runs.
            tokens = source.assumeIsolated { $0.snapshot() }.map { TokenReport($0, calendar) }
        }
        self.init(profile: profile.name, engine: profile.engine, tokens: tokens)
        guard case .ready(let engine, _) = profile.state else { return }
        plan = engine.pacer.map { PlanStatus($0.assumeIsolated { $0.snapshot() }, calendar) }
        definitions = engine.definitions?.report.map(DefinitionsStatus.init)
        check = engine.standing.map { TokenStatus.Check($0, calendar) }
    }
}

extension TokenStatus.Check {
    /// What may be told of an engine's standing.
    init(_ standing: EngineStanding, _ calendar: Calendar) {
        var failure: TokenFailure?
        if let error = standing.lastFailure, let at = standing.lastFailureAt {
            failure = TokenFailure(error, at: calendar.timestamp(at))
        }
        self.init(
            state: standing.state.rawValue,
            checkedAt: standing.checkedAt.map(calendar.timestamp),
            calledClean: standing.calledClean.map(\.rawValue),
            lastFailure: failure
        )
    }
}

extension TokenReport {
    init(_ token: TokenSnapshot, _ calendar: Calendar) {
        self.init(
            token: token.token.rawValue,
            state: TokenState(token.state),
            obtainedAt: token.obtainedAt.map(calendar.timestamp),
            expiresAt: token.expiresAt.map(calendar.timestamp),
            expiresInSeconds: token.expiresAt.map { max(0, $0.milliseconds(since: calendar.now) / 1000) },
            renewAt: token.renewAt.map(calendar.timestamp),
            lastUsedAt: token.lastUsedAt.map(calendar.timestamp),
            waiters: Int64(token.waiters),
            consecutiveFailures: Int64(token.consecutiveFailures),
            lastFailure: Self.failure(token, calendar),
            nextAttemptAt: token.nextAttemptAt.map(calendar.timestamp)
        )
    }

    private static func failure(_ token: TokenSnapshot, _ calendar: Calendar) -> TokenFailure? {
        guard let error = token.lastFailure, let at = token.lastFailureAt else { return nil }
        return TokenFailure(error, at: calendar.timestamp(at))
    }
}

extension TokenFailure {
    fileprivate init(_ error: AntivirusError, at time: Timestamp) {
        let mapped = APIError(error)
        self.init(at: time, kind: mapped.kind.rawValue, message: error.message, upstream: mapped.upstream)
    }
}

extension TokenState {
    fileprivate init(_ state: TokenSnapshot.State) {
        self =
            switch state {
            case .none: .none
            case .valid: .valid
            case .renewing: .renewing
            case .expired: .expired
            case .refused: .refused
            case .waiting: .waiting
            }
    }
}

/// Tells what Unix time an instant stands for, as far as this machine's clock is right now.
struct Calendar {
    let now: Instant
    let unixTime: Double

    func timestamp(_ instant: Instant) -> Timestamp {
        // Rounded from nanoseconds, so that an instant does not move by a millisecond from one answer to the next.
        let milliseconds = unixTime * 1000 + Double((instant - now).clampedNanoseconds) / 1_000_000
        return Timestamp(unixMilliseconds: Int64(milliseconds.rounded()))
    }
}

extension Calendar {
    /// As the clock is now.
    init(_ time: any TimeSource) {
        self.init(now: time.now, unixTime: time.unixTime)
    }
}
