// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Keys of one kind that are good for one use, and not for long.
struct OneTimeKeys<Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        let value: Value
        let expiry: LabInstant
    }

    private var entries: [String: Entry] = [:]
    private var mint = TokenMint()
    private let lifetime: Int

    /// `lifetime` in seconds.
    init(lifetime: Int) {
        self.lifetime = lifetime
    }

    /// Makes a key that nobody can guess.
    mutating func issue(_ value: Value, at now: LabInstant) -> String {
        sweep(at: now)
        let key = ByteCoding.base64(mint.bytes(24))
        entries[key] = Entry(value: value, expiry: now.advanced(bySeconds: lifetime))
        return key
    }

    /// Takes a key in, whatever becomes of it.
    mutating func redeem(_ key: String, at now: LabInstant) -> Value? {
        guard let entry = entries.removeValue(forKey: key), now < entry.expiry else { return nil }
        return entry.value
    }

    /// What a key stands for, without using it.
    func peek(_ key: String) -> Value? { entries[key]?.value }

    /// How many are good at this time.
    mutating func count(at now: LabInstant) -> Int {
        sweep(at: now)
        return entries.count
    }

    /// Takes every key back, and says how many there were.
    mutating func removeAll() -> Int {
        defer { entries = [:] }
        return entries.count
    }

    private mutating func sweep(at now: LabInstant) {
        entries = entries.filter { now < $0.value.expiry }
    }
}
