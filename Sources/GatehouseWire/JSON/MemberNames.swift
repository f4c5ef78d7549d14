// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Tells whether a member's name is new: by a walk while an object is small, by a hash table from then on.
///
/// The table holds places of members and not names, so that a name costs no allocation. The hash is seeded anew in each
/// process: nobody can choose names that fall together.
struct MemberNames {
    /// Where a member stands, and half of its name's hash, which spares nearly every look at another name.
    private struct Entry {
        /// The place plus one; 0 where the entry is free.
        var place: UInt32 = 0
        var hash: UInt32 = 0
    }

    /// Never more than half full.
    private var table: [Entry] = []

    /// Whether no member has that name yet; it then stands for the next one, which the caller appends.
    mutating func insert(_ name: String, among members: [(name: String, value: JSONValue)]) -> Bool {
        if table.isEmpty {
            guard members.count >= 16 else { return !members.contains { $0.name.hasSameBytes(as: name) } }
            table = [Entry](repeating: Entry(), count: 64)
            for index in members.indices { _ = add(Self.hash(members[index].name), index) { _ in false } }
        } else if (members.count + 1) * 2 > table.count {
            grow()
        }
        return add(Self.hash(name), members.count) { members[$0].name.hasSameBytes(as: name) }
    }

    private mutating func grow() {
        let entries = table
        table = [Entry](repeating: Entry(), count: entries.count * 2)
        for entry in entries where entry.place != 0 { _ = add(entry.hash, Int(entry.place) - 1) { _ in false } }
    }

    /// False where a member of that hash is the same one.
    @inline(__always)
    private mutating func add(_ hash: UInt32, _ place: Int, isSame: (Int) -> Bool) -> Bool {
        let mask = table.count - 1
        var index = Int(hash) & mask
        while table[index].place != 0 {
            if table[index].hash == hash, isSame(Int(table[index].place) - 1) { return false }
            index = (index + 1) & mask
        }
        // A text has fewer members than 32 bits count: each takes several bytes of at most 1 GiB.
        table[index] = Entry(place: UInt32(truncatingIfNeeded: place + 1), hash: hash)
        return true
    }

    private static func hash(_ name: String) -> UInt32 {
        var name = name
        return name.withUTF8 { bytes in
            var hasher = Hasher()
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
            return UInt32(truncatingIfNeeded: hasher.finalize())
        }
    }
}
