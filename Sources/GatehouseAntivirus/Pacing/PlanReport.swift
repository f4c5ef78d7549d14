// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What a gateway says of a plan in `X-RateLimit-Limit` and `X-RateLimit-Remaining` (protocol page, section 5).
///
/// A field is a list such as `name=per-minute,100; name=per-hour,1000;`. It may be stripped, and names are the
/// operator's own, so that whatever is not clear is left out.
package struct PlanReport: Equatable, Sendable {
    /// One limit.
    package struct Entry: Equatable, Sendable {
        /// The operator's name of it, in lower case.
        package var name: String
        /// How many calls it allows.
        package var limit: Int?
        /// How many of them are left.
        package var remaining: Int?
    }

    /// The limits, by their first appearance; at most eight.
    package var entries: [Entry] = []

    /// Reads an answer's fields.
    package init(_ reply: UpstreamReply) {
        for (field, path) in [("x-ratelimit-limit", \Entry.limit), ("x-ratelimit-remaining", \.remaining)] {
            for header in reply.headers where header.name == field {
                for (name, number) in Self.pairs(header.value) { set(path, name, number) }
            }
        }
    }

    private mutating func set(_ path: WritableKeyPath<Entry, Int?>, _ name: String, _ number: Int) {
        if let index = entries.firstIndex(where: { $0.name == name }) {
            entries[index][keyPath: path] = number
        } else if entries.count < 8 {
            var entry = Entry(name: name)
            entry[keyPath: path] = number
            entries.append(entry)
        }
    }

    /// `name=a,1; name=b,2;`, also without the word, the name or the semicolons.
    private static func pairs(_ value: String) -> [(String, Int)] {
        value.prefix(512).split(separator: ";").compactMap { part in
            let pieces = part.split(separator: ",").map { $0.drop { $0 == " " } }
            guard let last = pieces.last, let number = Int(last.prefix { $0.isASCII && $0.isNumber }), number >= 0
            else {
                return nil
            }
            let name = pieces.count > 1 ? pieces[0].drop { $0 != "=" }.dropFirst() : ""
            return (name.lowercased(), min(number, 1_000_000_000))
        }
    }

    func minute(configured: Int?) -> Entry? {
        find(["minute", "burst", "min"], "hour", configured)
    }

    func hour(configured: Int?) -> Entry? {
        find(["hour"], "min", configured)
    }

    /// By its name, or by the number that is configured where the name does not say.
    private func find(_ words: [String], _ other: String, _ configured: Int?) -> Entry? {
        if let named = entries.first(where: { entry in words.contains { entry.name.contains($0) } }) { return named }
        guard let configured else { return nil }
        return entries.first { $0.limit == configured && !$0.name.contains(other) && !$0.name.contains("burst") }
    }
}

/// `Retry-After` of an answer (RFC 9110 section 10.2.3): seconds, or a date.
enum RetryAfter {
    /// How long to wait, an hour at most; nil where the field is missing or says something else.
    static func delay(_ reply: UpstreamReply, unixTime: Double) -> Duration? {
        guard let text = reply.header("retry-after") else { return nil }
        if !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            // More than 64 bits hold is a long time too.
            return .seconds(min(Int64(text) ?? .max, 3600))
        }
        guard let date = HTTPDate.unixSeconds(text) else { return nil }
        // By the gateway's own clock, where it came through.
        let now = reply.header("date").flatMap(HTTPDate.unixSeconds) ?? unixTime
        return .seconds(min(max(date - now, 0), 3600))
    }
}
