// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// How far a call came in the pipeline, and how long each stage took.
package struct StageTimes: Sendable {
    /// The stages of the pipeline, in order (contract section 3).
    package enum Stage: String, Sendable {
        /// The params are held against the schema.
        case validate
        /// The caller may do this, or not.
        case authorise
        /// The record before the call is written.
        case log
        /// The method answers.
        case invoke
        /// What the caller must not see is taken out of the result.
        case strip
        /// A failure is brought into the one shape.
        case mapErrors
    }

    /// One stage.
    package struct Entry: Equatable, Sendable {
        /// Which.
        package let stage: Stage
        /// Whether the call went on from here; false in the stage that it failed in.
        package let isPassed: Bool
        /// How long it took.
        package let time: Duration
    }

    /// The stages that the call reached, in order.
    package private(set) var entries: [Entry] = []
    private var current = Stage.validate
    private var since: Instant

    init(from start: Instant) {
        since = start
        entries.reserveCapacity(6)
    }

    /// Ends the stage that the call is in, and begins the next one, where there is one.
    mutating func end(isPassed: Bool, at now: Instant, next: Stage?) {
        entries.append(Entry(stage: current, isPassed: isPassed, time: now - since))
        since = now
        if let next { current = next }
    }
}
