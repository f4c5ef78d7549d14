// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseClient

/// The scans between the first one that is not printed and the last one that was sent.
///
/// Answers come in any order and leave in the order of the arguments.
package struct ScanWindow {
    /// Requests in flight: enough to keep a daemon busy, few enough that their bytes, and those of their answers, fit the
    /// socket's buffers, so that neither side waits for the other to read.
    package static let maximumInFlight = 8
    /// Results that wait for a slow one before them.
    package static let maximumEntries = 64

    private struct Entry {
        let path: FilePath
        let size: Int64
        let id: Int?
        var outcome: ScanResult.Outcome?
    }

    private var entries: [Entry] = []
    /// How many requests are in flight.
    package private(set) var inFlight = 0

    /// An empty one.
    package init() {}

    /// Whether another file may be sent.
    package var hasRoom: Bool { inFlight < Self.maximumInFlight && entries.count < Self.maximumEntries }

    /// Adds a request that was sent.
    package mutating func appendSent(_ id: Int, _ path: FilePath, size: Int64) {
        entries.append(Entry(path: path, size: size, id: id, outcome: nil))
        inFlight += 1
    }

    /// Adds what needs no answer any more.
    package mutating func appendFinished(_ path: FilePath, _ outcome: ScanResult.Outcome) {
        entries.append(Entry(path: path, size: 0, id: nil, outcome: outcome))
    }

    /// Takes an answer in; an id that is not in flight changes nothing.
    package mutating func finish(_ id: Int, _ outcome: ScanResult.Outcome) {
        guard let index = entries.firstIndex(where: { $0.id == id && $0.outcome == nil }) else { return }
        entries[index].outcome = outcome
        inFlight -= 1
    }

    /// Ends every request that is in flight in the same way.
    package mutating func finishAll(_ outcome: ScanResult.Outcome) {
        for index in entries.indices where entries[index].outcome == nil { entries[index].outcome = outcome }
        inFlight = 0
    }

    /// Takes the first result, if it is there.
    package mutating func next() -> ScanResult? {
        guard let first = entries.first, let outcome = first.outcome else { return nil }
        entries.removeFirst()
        return ScanResult(path: first.path, size: first.size, outcome: outcome)
    }
}
