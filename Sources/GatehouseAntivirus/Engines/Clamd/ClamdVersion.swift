// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The definitions in clamd's answer to `VERSION`: `ClamAV 1.4.6/27000/Mon Nov 17 08:21:04 2026`.
///
/// The tail is missing where clamd has only hand-made databases, whose date nobody knows.
enum ClamdVersion {
    /// For example `2026-11-17 rev 27000`; nil where the answer does not tell.
    static func definitions(_ reply: EngineReply) -> String? {
        guard reply.ending == .complete, reply.bytes.last == 0, reply.bytes.count <= 256 else { return nil }
        let text = String(decoding: reply.bytes.dropLast(), as: UTF8.self)
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].hasPrefix("ClamAV "), (1...9).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let date = date(parts[2])
        else { return nil }
        return "\(date.text) rev \(parts[1])"
    }

    /// The day of a text in the form of ctime(3): `Mon Nov 17 08:21:04 2026`.
    private static func date(_ text: Substring) -> CivilDate? {
        let words = text.split(separator: " ")
        guard words.count == 5, let month = CivilDate.month(words[1]), let day = Int(words[2]),
            (1...31).contains(day), let year = Int(words[4]), (1970...9999).contains(year)
        else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }
}
