// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseTransfer

/// Verdicts of one profile by the bytes that its engine was given, for some time and in bounded memory.
///
/// Only what was scanned is kept: clean and infected. What newer definitions may judge otherwise is forgotten as soon as
/// an answer names such. Nothing here reads a clock.
package struct VerdictCache: Sendable {
    /// What a verdict is about.
    ///
    /// The name belongs to it: an engine may pass over or refuse files by their names (Symantec Protection Engine has
    /// lists for both), so that the same bytes under another name may get another verdict.
    package struct Key: Hashable, Sendable {
        /// The SHA-256 of the bytes, in hexadecimal.
        package let sha256: String
        /// How many there are.
        package let size: Int64
        /// The name that the engine was told.
        package let fileName: String

        /// Bytes under a name.
        package init(_ digest: UploadDigest, fileName: String) {
            sha256 = digest.sha256
            size = digest.size
            self.fileName = fileName
        }
    }

    private struct Entry: Sendable {
        let outcome: ScanOutcome
        let storedAt: Instant
        let serial: UInt64
    }

    /// An entry whose texts are longer is not kept: with the bound of entries, this bounds the memory.
    private static let mostText = 4096

    private let lifetime: Duration
    private let capacity: Int
    private var entries: [Key: Entry] = [:]
    /// The keys from the oldest on; those whose entry was replaced are passed over.
    private var order: [(key: Key, serial: UInt64)] = []
    private var first = 0
    private var nextSerial: UInt64 = 0
    private var definitions: String?

    /// Keeps so many verdicts for so long.
    package init(lifetime: Duration, capacity: Int) {
        self.lifetime = lifetime
        self.capacity = max(capacity, 1)
    }

    /// How many verdicts it holds.
    package var count: Int { entries.count }

    /// How many records of them it holds, those of replaced ones included.
    var recordCount: Int { order.count - first }

    /// The verdict about these bytes; nil where there is none that still counts.
    package func find(_ key: Key, now: Instant) -> ScanOutcome? {
        guard let entry = entries[key], now - entry.storedAt < lifetime else { return nil }
        return entry.outcome
    }

    /// Takes note of what an engine said about the bytes that it was given.
    package mutating func store(_ outcome: ScanOutcome, fileName: String, now: Instant) {
        // Without a date nobody could tell when the verdict is out of date.
        guard let definitions = outcome.judgement.definitions, take(definitions) else { return }
        guard outcome.judgement.verdict != .notScanned, outcome.mayBeKept, let digest = outcome.digest else { return }
        var kept = outcome
        kept.judgement.raw = nil
        kept.isCached = true
        guard kept.textBytes <= Self.mostText else { return }
        let key = Key(digest, fileName: fileName)
        entries[key] = Entry(outcome: kept, storedAt: now, serial: nextSerial)
        order.append((key, nextSerial))
        nextSerial &+= 1
        evict(now)
    }

    /// Forgets all verdicts.
    package mutating func clear() {
        entries = [:]
        order = []
        first = 0
    }

    /// Whether definitions are those that count now; newer ones make all else void.
    ///
    /// Of an engine's two nodes one may lag behind the other.
    private mutating func take(_ found: String) -> Bool {
        if let definitions, found != definitions {
            if let new = Version(found), let known = Version(definitions), new < known { return false }
            clear()
        }
        definitions = found
        return true
    }

    private mutating func evict(_ now: Instant) {
        while first < order.count {
            let (key, serial) = order[first]
            if let entry = entries[key], entry.serial == serial {
                guard entries.count > capacity || now - entry.storedAt >= lifetime else { break }
                entries[key] = nil
            }
            first += 1
        }
        if order.count - first > 2 * capacity + 64 {
            // What was stored anew and anew while an old entry still counts.
            order = order[first...].filter { entries[$0.key]?.serial == $0.serial }
            first = 0
        }
        guard first > 64, first * 2 > order.count else { return }
        order.removeFirst(first)
        first = 0
    }
}

/// `2024-12-03 rev 007` in an order: by date, then by revision.
private struct Version: Comparable {
    private let date: String
    private let revision: Int

    init?(_ text: String) {
        guard DefinitionsRule.age(of: text, unixTime: 1e11) != nil else { return nil }
        date = String(text.prefix(10))
        let rest = text.dropFirst(10)
        guard !rest.isEmpty else {
            revision = -1
            return
        }
        guard rest.hasPrefix(" rev "), let number = Int(rest.dropFirst(5)) else { return nil }
        revision = number
    }

    static func < (left: Version, right: Version) -> Bool {
        (left.date, left.revision) < (right.date, right.revision)
    }
}

extension ScanOutcome {
    /// The bytes of its texts, as far as they have no bound of their own.
    fileprivate var textBytes: Int {
        let own = [
            judgement.fileScanned, judgement.scanStatus, judgement.fileStatus, judgement.definitions, judgement.reason,
            traceID,
        ]
        let found = judgement.threats.flatMap { [$0.name, $0.id, $0.category, $0.file, $0.disposition] }
        return (own + found).reduce(judgement.threats.count * 80) { $0 + ($1?.utf8.count ?? 0) }
    }
}
