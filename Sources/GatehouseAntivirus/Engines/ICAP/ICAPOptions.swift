// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// What a service says of itself in answer to OPTIONS (RFC 3507, section 4.10.2).
struct ICAPOptions: Equatable, Sendable {
    /// What a service is to be asked, in upper case; empty where it does not say.
    var methods: [String] = []
    /// Whether it may answer 204 without a preview, so that it need not send a file back.
    var allows204 = false
    /// After how many bytes it likes to say whether it wants the rest; nil for no preview.
    var preview: Int?
    /// How many connections it takes at once; nil where it does not say.
    var maximumConnections: Int?
    /// Changes whenever the service does: with its definitions, for one (section 4.7).
    var tag: String?
    /// Its name for itself.
    var service: String?
    /// How long the answer counts.
    var lifetime = longestLife

    /// However long a service says: what it said an hour ago is worth no more than a question.
    static let longestLife = Duration.seconds(600)
    static let shortestLife = Duration.seconds(10)

    /// Whether it takes files as the bodies of responses.
    ///
    /// A service has to name its methods; one that names none is tried.
    var takesResponses: Bool { methods.isEmpty || methods.contains("RESPMOD") }

    /// How long the preview of a file of that size is; nil for none.
    ///
    /// It is shorter than the file, so one whose size is not known has to be longer than ``longestPreview``: a service
    /// that has seen all of a file in the preview may answer 204 because it scanned it, or because it passed it over,
    /// and nobody can tell which.
    func preview(of size: Int64?) -> Int? {
        guard let longestPreview, size != 0 else { return nil }
        return min(longestPreview, size.map { Int(clamping: $0 - 1) } ?? .max)
    }

    /// How long a preview is at most; nil for none.
    var longestPreview: Int? { preview.map { min($0, Self.mostBytes) } }

    private static let mostBytes = 64 << 10

    /// Reads a whole answer; nil for anything but a 200.
    init?(_ reply: EngineReply) {
        guard reply.ending == .complete, let head = ICAPReply(reply.bytes), head.status == 200 else { return nil }
        methods = Self.words(head, "methods").map { $0.uppercased() }
        allows204 = Self.words(head, "allow").contains("204")
        preview = Self.number(head, "preview")
        maximumConnections = Self.number(head, "max-connections").flatMap { $0 > 0 ? $0 : nil }
        tag = Self.tag(head)
        service = head.all("service").first.flatMap { Self.text($0.value, 128) }
        if let seconds = Self.number(head, "options-ttl") {
            lifetime = min(max(.seconds(seconds), Self.shortestLife), Self.longestLife)
        }
    }

    /// The tag of any answer, without its quotation marks; nil where there is none.
    static func tag(_ head: ICAPReply) -> String? {
        guard var value = head.all("istag").first?.value[...] else { return nil }
        if value.count >= 2, value.first == "\"", value.last == "\"" { value = value.dropFirst().dropLast() }
        return text(String(value), 64)
    }

    private static func text(_ value: String, _ limit: Int) -> String? {
        let text = value.onOneLine(maximum: limit)
        return text.isEmpty ? nil : text
    }

    /// The words of a list, which may be spread over several headers and lines.
    private static func words(_ head: ICAPReply, _ name: String) -> [String] {
        let texts = head.all(name).flatMap { [$0.value] + $0.more }
        return texts.flatMap { $0.split(separator: ",") }.prefix(16).map { word in
            String(word.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" })
        }
    }

    /// A number of up to nine digits, the smallest where there are several; nil where one is none.
    private static func number(_ head: ICAPReply, _ name: String) -> Int? {
        let values = head.all(name).map { header -> Int? in
            let digits = header.value.utf8
            guard (1...9).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int(header.value)
        }
        guard !values.contains(nil) else { return nil }
        return values.compactMap(\.self).min()
    }
}
