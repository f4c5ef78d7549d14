// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire

/// A `PxgError`: the server's own error in a reply with status 200 (vendor's documentation, "Error handling").
struct ServerFault: Equatable, Sendable {
    /// Nil where it says none.
    let code: Int64?
    /// `KLSTD` and the like; may be empty.
    let module: String
    /// The text for people: the localised one with its arguments filled in, else the plain one.
    let text: String

    /// Access is denied.
    static let noAccess = Int64(1184)
    /// There is no such object.
    static let notFound = Int64(1186)
    /// Not available now; an action that was asked after too early.
    static let unavailable = Int64(1195)
    /// There is no such call at the target.
    static let noSuchCall = Int64(1194)

    /// Takes what is there: an error that lacks everything is still an error.
    ///
    /// Its text is without `secrets`.
    init(_ json: JSONValue, without secrets: [Secret] = []) {
        code = json["code"]?.integer ?? json["code"]?.string.flatMap { Int64($0) }
        module = json["module"]?.string ?? ""
        let redaction = Redaction(secrets)
        let located = json["locdata"].flatMap { try? KLPARValue($0, .element) }?.params
        text = redaction.text(
            located.flatMap { Self.filled($0, redaction) } ?? String((json["message"]?.string ?? "").prefix(4096))
        )
    }

    /// What an error's number is called: `KLSTD 1186`, or what there is of it.
    var name: String? {
        let words = [module, code.map { String($0) } ?? ""].filter { !$0.isEmpty }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// Whether it is an error of the standard module with that code.
    func isStandard(_ code: Int64) -> Bool { module == "KLSTD" && self.code == code }

    /// The format with its arguments; nil without a format.
    private static func filled(_ located: KLPARParams, _ redaction: Redaction) -> String? {
        guard let format = located["format"]?.string, !format.isEmpty else { return nil }
        // Before its places are filled: a secret may hold what looks like one of them.
        let text = redaction.text(String(format.prefix(4096)))
        return TextFormat.fill(text, (located["args"]?.array ?? []).map { $0.string ?? "" })
    }
}

/// A server's text with places for arguments.
enum TextFormat {
    /// Replaces `%1`, `%2`, … by the arguments, missing ones by nothing; looks at no more than a page of either.
    static func fill(_ format: String, _ arguments: [String]) -> String {
        var result = ""
        var rest = Substring(String(format.prefix(4096))).unicodeScalars[...]
        while let scalar = rest.popFirst() {
            let digits = rest.prefix(2).prefix { $0.value >= 0x30 && $0.value <= 0x39 }
            guard scalar == "%", let number = Int(String(digits)), number > 0 else {
                result.unicodeScalars.append(scalar)
                continue
            }
            rest = rest.dropFirst(digits.count)
            if number <= arguments.count { result += arguments[number - 1].prefix(1024) }
            if result.utf8.count > 16_384 { break }
        }
        return result
    }
}

/// A server's text for people and logs: one line, at most so many characters, without the secrets that were sent to it.
func cleaned(_ text: String, maximum: Int = 300, without secrets: [Secret] = []) -> String {
    Redaction(secrets).text(String(text.unicodeScalars.prefix(maximum * 4 + 1024))).onOneLine(maximum: maximum)
}
