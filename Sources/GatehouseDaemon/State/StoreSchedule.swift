// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// When the state is stored: what changes together at once, at most one record a second, and what could not be stored
/// again, after a time that doubles.
///
/// A change takes the place of what would be tried again, since the record is made when it is stored. After ``close()``
/// nothing is due any more.
struct StoreSchedule: Equatable {
    /// Changes that come within this time after the first go into one record.
    static let gathering = Duration.milliseconds(50)
    /// The time from one record to the next.
    static let pause = Duration.seconds(1)
    /// The longest time until a record that could not be stored is tried again.
    static let longestPause = Duration.seconds(60)

    /// When the next record is to be made; nil while nothing has to be stored, or a record is on its way.
    private(set) var due: Instant?
    /// Whether a record is on its way to the store.
    private(set) var isStoring = false
    /// How many records in a row could not be stored.
    private(set) var failures = 0
    private var isRepetition = false
    private var hasChanged = false
    private var isClosed = false
    /// Before this, none is stored.
    private var earliest: Instant?

    /// Something changed that may be worth a new record.
    mutating func changed(now: Instant) {
        guard !isClosed else { return }
        guard !isStoring else {
            hasChanged = true
            return
        }
        guard due == nil || isRepetition else { return }
        isRepetition = false
        due = max(earliest ?? now, now + Self.gathering)
    }

    /// A record is being made and stored.
    mutating func began() {
        due = nil
        isRepetition = false
        hasChanged = false
        isStoring = true
    }

    /// The record that was made is in the store already, or there is nothing to keep.
    mutating func foundNothing() {
        isStoring = false
        failures = 0
    }

    /// The record is stored, or could not be.
    mutating func ended(isStored: Bool, now: Instant) {
        isStoring = false
        failures = isStored ? 0 : failures + 1
        earliest = now + Self.pause
        guard !isClosed else { return }
        if hasChanged {
            due = earliest
        } else if !isStored {
            isRepetition = true
            due = now + min(Self.pause * (1 << min(failures - 1, 10)), Self.longestPause)
        }
    }

    /// The daemon ends: its last record is stored once and not by the clock.
    mutating func close() {
        isClosed = true
        due = nil
        hasChanged = false
    }
}
