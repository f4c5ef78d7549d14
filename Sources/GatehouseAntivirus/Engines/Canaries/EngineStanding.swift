// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// What is known of an engine by its canaries.
package struct EngineStanding: Equatable, Sendable {
    /// Whether it is used.
    package enum State: String, Equatable, Sendable {
        /// It had none yet, or went away since.
        case notChecked
        /// It called none of them clean, or none but those that its profile accepts.
        case inService
        /// It called one clean.
        case outOfService
    }

    /// Whether it is used.
    package var state = State.notChecked
    /// When it had them last, to the end.
    package var checkedAt: Instant?
    /// Those that it called clean, the accepted ones included.
    package var calledClean: [Canary] = []
    /// Why the last attempt came to no end; nil where it did.
    package var lastFailure: AntivirusError?
    /// When that was.
    package var lastFailureAt: Instant?
}
