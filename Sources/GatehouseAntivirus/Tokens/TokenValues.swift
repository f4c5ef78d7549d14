// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// The tokens of one chain.
package enum TokenName: String, Sendable, CaseIterable {
    /// GICAR's OAuth token, which API Connect wants with every call.
    case gicar
    /// SPE's access token.
    case spe
}

/// What a token server issued.
package struct IssuedToken: Sendable {
    /// The access token.
    package let access: Secret
    /// The refresh token, where there is one.
    package let refresh: Secret?
    /// How long the token is valid, from `countedFrom` on.
    package let lifetime: Duration
    /// The time before the request was sent, so that a slow answer makes the token older and not younger.
    package let countedFrom: Instant

    /// Describes a new token.
    package init(access: Secret, refresh: Secret? = nil, lifetime: Duration, countedFrom: Instant) {
        self.access = access
        self.refresh = refresh
        self.lifetime = lifetime
        self.countedFrom = countedFrom
    }
}

/// Both tokens for one call upstream, with the generations by which a rejection names them.
package struct TokenGrant: Equatable, Sendable {
    /// GICAR's token.
    package let gicar: Secret
    /// Counts GICAR's tokens of this chain.
    package let gicarGeneration: UInt64
    /// SPE's access token.
    package let spe: Secret
    /// Counts SPE's tokens of this chain.
    package let speGeneration: UInt64
    /// SPE's refresh token, where there is one: it goes nowhere with the call, and SPE knows it all the same.
    package var refresh: Secret?

    package static func == (left: TokenGrant, right: TokenGrant) -> Bool {
        left.gicarGeneration == right.gicarGeneration && left.speGeneration == right.speGeneration
            && left.gicar === right.gicar && left.spe === right.spe
    }
}

/// Why a step of the chain gave no token.
package struct RenewalFailure: Error, Equatable, Sendable {
    /// What follows from the failure.
    package enum Cause: Equatable, Sendable {
        /// The credentials are wrong: another attempt with the same ones is useless.
        case wrongCredentials
        /// GICAR's token was not accepted.
        case gicarRejected
        /// The plan's limit is reached.
        case rateLimited
        /// Anything that may be over the next time.
        case transient
        /// The daemon ends.
        case cancelled
    }

    /// What follows.
    package let cause: Cause
    /// What to tell.
    package let error: AntivirusError

    /// Describes a failure.
    package init(_ cause: Cause, _ error: AntivirusError) {
        self.cause = cause
        self.error = error
    }
}
