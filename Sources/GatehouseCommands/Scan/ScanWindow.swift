// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseClient

/// The scans between the first one that is not printed and the last one that was begun.
///
/// Answers come in any order and leave in the order of the arguments. A slot is an entry's place in that order.
package struct ScanWindow {
    /// Results that wait for a slow one before them: some kilobytes each.
    package static let maximumEntries = 1024

    private struct Entry {
        let path: FilePath
        let size: Int64
        /// Nil once it is answered.
        var file: HeldFile?
        var attempts = 0
        /// How much of it the daemon has handled, 0 to 1.
        var fraction = 0.0
        var outcome: ScanResult.Outcome?
    }

    private let maximumInFlight: Int
    private var entries: [Int: Entry] = [:]
    private var firstSlot = 0
    private var nextSlot = 0
    /// The slot of each request in flight, by its id.
    private var slots: [Int: Int] = [:]
    /// Files that are open: in flight, or to be sent (again).
    private var held = 0

    /// An empty one that lets so many requests be in flight.
    package init(maximumInFlight: Int) {
        self.maximumInFlight = maximumInFlight
    }

    /// How many requests are in flight.
    package var inFlight: Int { slots.count }

    /// Whether another file may be opened.
    package var hasRoom: Bool { held < maximumInFlight && entries.count < Self.maximumEntries }

    /// The slots of open files that are not in flight, in order.
    package var unsent: [Int] {
        let sent = Set(slots.values)
        return entries.filter { $0.value.file != nil && !sent.contains($0.key) }.keys.sorted()
    }

    /// Whether each file that is not answered was sent only once.
    package var mayBeSentAgain: Bool { entries.values.allSatisfy { $0.file == nil || $0.attempts < 2 } }

    /// How many bytes of the requests in flight the daemon has handled.
    package var bytesUnderWay: Int64 {
        slots.values.reduce(0) { sum, slot in
            guard let entry = entries[slot] else { return sum }
            return sum &+ (Int64(exactly: (Double(entry.size) * entry.fraction).rounded(.down)) ?? entry.size)
        }
    }

    /// Adds an open file and returns its slot.
    package mutating func append(_ file: HeldFile) -> Int {
        held += 1
        return append(Entry(path: file.path, size: file.size, file: file))
    }

    /// Adds what needs no answer any more.
    package mutating func appendFinished(_ path: FilePath, _ outcome: ScanResult.Outcome) {
        _ = append(Entry(path: path, size: 0, outcome: outcome))
    }

    private mutating func append(_ entry: Entry) -> Int {
        defer { nextSlot += 1 }
        entries[nextSlot] = entry
        return nextSlot
    }

    /// The file of a request in flight.
    package func file(ofRequest id: Int) -> HeldFile? { slots[id].flatMap { entries[$0]?.file } }

    /// The file of a slot; nil where it is answered.
    package func file(_ slot: Int) -> HeldFile? { entries[slot]?.file }

    /// Notes that a slot's file is about to be sent.
    package mutating func countAttempt(_ slot: Int) {
        entries[slot]?.attempts += 1
    }

    /// Notes the id of a slot's request.
    package mutating func sent(_ slot: Int, id: Int) {
        entries[slot]?.fraction = 0
        slots[id] = slot
    }

    /// Notes how much of a file the daemon has handled; an id that is not in flight changes nothing.
    package mutating func advance(_ id: Int, to fraction: Double) {
        guard let slot = slots[id], !fraction.isNaN else { return }
        entries[slot]?.fraction = min(max(fraction, 0), 1)
    }

    /// Takes an answer in and returns the file's size; an id that is not in flight changes nothing.
    package mutating func finish(_ id: Int, _ outcome: ScanResult.Outcome) -> Int64 {
        guard let slot = slots.removeValue(forKey: id) else { return 0 }
        finish(slot: slot, outcome)
        return entries[slot]?.size ?? 0
    }

    /// Takes a request back that the daemon did not begin; false where it was sent before.
    package mutating func takeBack(_ id: Int) -> Bool {
        guard let slot = slots[id], let entry = entries[slot], entry.attempts < 2 else { return false }
        slots[id] = nil
        return true
    }

    /// Forgets all that is in flight: its files are to be sent again.
    package mutating func takeAllBack() {
        slots = [:]
    }

    /// Ends everything that is not answered in the same way.
    package mutating func finishAll(_ outcome: ScanResult.Outcome) {
        slots = [:]
        for (slot, entry) in entries where entry.file != nil { finish(slot: slot, outcome) }
    }

    private mutating func finish(slot: Int, _ outcome: ScanResult.Outcome) {
        entries[slot]?.outcome = outcome
        entries[slot]?.file = nil
        held -= 1
    }

    /// Takes the first result, if it is there.
    package mutating func next() -> ScanResult? {
        guard let first = entries[firstSlot], let outcome = first.outcome else { return nil }
        entries[firstSlot] = nil
        firstSlot += 1
        return ScanResult(path: first.path, size: first.size, outcome: outcome)
    }
}
