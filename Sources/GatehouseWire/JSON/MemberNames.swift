// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Tells whether a member's name is new: by a walk while an object is small, by a hash table from then on.
///
/// The table holds places of members and not names, so that a name costs no allocation. The hash is seeded anew in each
/// process: nobody can choose names that fall together.
struct MemberNames {
    /// Places of members plus one, 0 where free; never more than half full.
    private var table: [UInt32] = []

    /// Whether no member has that name yet; it then stands for the next one, which the caller appends.
    mutating func insert(_ name: String, among members: [(name: String, value: JSONValue)]) -> Bool {
        if table.isEmpty, members.count < 16 { return !members.contains { $0.name.hasSameBytes(as: name) } }
        if (members.count + 1) * 2 > table.count { grow(to: members) }
        return place(name, number: members.count, among: members)
    }

    private mutating func grow(to members: [(name: String, value: JSONValue)]) {
        table = [UInt32](repeating: 0, count: max(64, table.count * 2))
        for number in members.indices { _ = place(members[number].name, number: number, among: members) }
    }

    private mutating func place(
        _ name: String,
        number: Int,
        among members: [(name: String, value: JSONValue)]
    ) -> Bool {
        let mask = table.count - 1
        var index = Self.hash(name) & mask
        while table[index] != 0 {
            let other = Int(table[index]) - 1
            if members[other].name.hasSameBytes(as: name) { return false }
            index = (index + 1) & mask
        }
        // A text has fewer members than 32 bits count: each takes several bytes of at most 1 GiB.
        table[index] = UInt32(truncatingIfNeeded: number + 1)
        return true
    }

    private static func hash(_ name: String) -> Int {
        var name = name
        return name.withUTF8 { bytes in
            var hasher = Hasher()
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
            return hasher.finalize()
        }
    }
}
