// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire

/// A `PxgError`: the server's own error in a reply with status 200 (vendor's documentation, "Error handling").
struct ServerFault: Equatable, Sendable {
    let code: Int64
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
    init(_ json: JSONValue) {
        code = json["code"]?.integer ?? 0
        module = json["module"]?.string ?? ""
        let plain = json["message"]?.string ?? ""
        let located = json["locdata"].flatMap { try? KLPARValue($0, .element) }?.params
        text = located.flatMap(Self.filled) ?? plain
    }

    /// Whether it is an error of the standard module with that code.
    func isStandard(_ code: Int64) -> Bool { module == "KLSTD" && self.code == code }

    /// The format with its arguments; nil without a format.
    private static func filled(_ located: KLPARParams) -> String? {
        guard let format = located["format"]?.string, !format.isEmpty else { return nil }
        return TextFormat.fill(format, (located["args"]?.array ?? []).map { $0.string ?? "" })
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
    let text = Redaction(secrets).text(String(text.unicodeScalars.prefix(maximum * 4 + 1024)))
    let scalars = text.unicodeScalars.prefix(maximum).map { scalar in
        scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            ? " " : Character(scalar)
    }
    return String(scalars)
}
