// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// Where a plan stands, for people.
package struct PlanSnapshot: Equatable, Sendable {
    /// One window.
    package struct Window: Equatable, Sendable {
        /// How many calls it allows; nil where that is not known.
        package var limit: Int?
        /// How many it has seen.
        package var used: Int
        /// When the next one begins.
        package var resetsAt: Instant
    }

    /// The minute.
    package var minute: Window
    /// The hour.
    package var hour: Window
    /// How many requests wait for a call.
    package var waiting: Int
    /// Until when nothing is sent after a refusal.
    package var pausedUntil: Instant?
}
