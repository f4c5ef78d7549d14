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

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let wanted = try TokenStatus.Parameters(json: call.parameters).profile
        let selected = if let wanted { [try profiles.find(wanted)] } else { profiles.all }
        return .finished(TokenStatus.Result(profiles: selected.map(report)).json)
    }

    private func report(_ profile: Profiles.Profile) -> TokenStatus.Profile {
        var tokens: [TokenReport] = []
        if case .ready(_, let source) = profile.state {
            // The source lives on the loop, where this runs.
            tokens = source.assumeIsolated { $0.snapshot() }.map(report)
        }
        return TokenStatus.Profile(profile: profile.name, engine: profile.engine, tokens: tokens)
    }

    private func report(_ token: TokenSnapshot) -> TokenReport {
        let now = time.now
        let calendar = Calendar(now: now, unixTime: time.unixTime)
        return TokenReport(
            token: token.token.rawValue,
            state: state(token.state),
            obtainedAt: token.obtainedAt.map(calendar.timestamp),
            expiresAt: token.expiresAt.map(calendar.timestamp),
            expiresInSeconds: token.expiresAt.map { max(0, ($0 - now).wholeMilliseconds / 1000) },
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
        let milliseconds = unixTime * 1000 + Double((instant - now).wholeMilliseconds)
        return Timestamp(unixMilliseconds: Int64(milliseconds))
    }
}
