// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseClient

/// The scans that were begun and are not answered.
///
/// Each has a slot, a number that counts up, so that what has to be sent again keeps its order. A file is open from the
/// time when it gets its slot until it leaves as a result, and nothing is kept of it afterwards.
package struct ScanWindow {
    private struct Entry {
        let file: HeldFile
        var attempts = 0
        /// How much of it the daemon has handled, 0 to 1.
        var fraction = 0.0
    }

    private let maximumInFlight: Int
    private var entries: [Int: Entry] = [:]
    private var nextSlot = 0
    /// The slot of each request in flight, by its id.
    private var slots: [Int: Int] = [:]

    /// An empty one that lets so many requests be in flight.
    package init(maximumInFlight: Int) {
        self.maximumInFlight = maximumInFlight
    }

    /// How many requests are in flight.
    package var inFlight: Int { slots.count }

    /// Whether another file may be opened.
    package var hasRoom: Bool { entries.count < maximumInFlight }

    /// The slots of files that are not in flight, in order.
    package var unsent: [Int] {
        let sent = Set(slots.values)
        return entries.keys.filter { !sent.contains($0) }.sorted()
    }

    /// Whether each file was sent only once.
    package var mayBeSentAgain: Bool { entries.values.allSatisfy { $0.attempts < 2 } }

    /// How many bytes of the requests in flight the daemon has handled.
    package var bytesUnderWay: Int64 {
        slots.values.reduce(0) { sum, slot in
            guard let entry = entries[slot] else { return sum }
            let size = entry.file.size
            return sum &+ (Int64(exactly: (Double(size) * entry.fraction).rounded(.down)) ?? size)
        }
    }

    /// Adds an open file and returns its slot.
    package mutating func append(_ file: HeldFile) -> Int {
        defer { nextSlot += 1 }
        entries[nextSlot] = Entry(file: file)
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

    /// Takes an answer in and returns the result; nil for an id that is not in flight.
    package mutating func finish(_ id: Int, _ outcome: ScanResult.Outcome) -> ScanResult? {
        guard let slot = slots.removeValue(forKey: id), let entry = entries.removeValue(forKey: slot) else {
            return nil
        }
        return ScanResult(entry.file, outcome)
    }

    /// Takes a request back that the daemon did not begin; false where it was sent before.
    package mutating func takeBack(_ id: Int) -> Bool {
        guard let slot = slots[id], let entry = entries[slot], entry.attempts < 2 else { return false }
        slots[id] = nil
        return true
    }

    /// The slot of a request in flight.
    package func slot(ofRequest id: Int) -> Int? { slots[id] }

    /// Takes a request back that the daemon did not begin, as if it had not been sent.
    package mutating func refuse(_ id: Int) {
        guard let slot = slots.removeValue(forKey: id) else { return }
        entries[slot]?.attempts -= 1
    }

    /// Forgets all that is in flight: its files are to be sent again.
    package mutating func takeAllBack() {
        slots = [:]
    }

    /// Ends everything that is not answered in the same way, and returns the results in order.
    package mutating func finishAll(_ outcome: ScanResult.Outcome) -> [ScanResult] {
        defer { (slots, entries) = ([:], [:]) }
        return entries.sorted { $0.key < $1.key }.map { ScanResult($0.value.file, outcome) }
    }
}

extension ScanResult {
    fileprivate init(_ file: HeldFile, _ outcome: Outcome) {
        self.init(path: file.path, size: file.size, outcome: outcome)
    }
}
