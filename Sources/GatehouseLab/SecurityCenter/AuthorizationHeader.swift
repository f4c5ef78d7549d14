// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What an `Authorization` header offers.
///
/// User and password are base64 of UTF-8. The domain comes raw from the vendor's client and in base64 from others,
/// `internal` in quotes or bare, as 0 and 1 or as false and true: all of it is taken.
enum AuthorizationHeader: Equatable {
    case basic(user: String, password: String, domains: [String], isInternal: Bool?)
    case token(String)
    case webToken(String)
    case gateway(key: String)
    case secondStep(code: String)
    case unknown

    init(_ value: String) {
        let halves = value.split(separator: " ", maxSplits: 1).map(String.init)
        let rest = halves.count > 1 ? halves[1].trimmed : ""
        switch halves.first ?? "" {
        case "KSCBasic": self = Self.basic(Self.fields(rest))
        case "KSCT" where !rest.isEmpty: self = .token(rest)
        case "KSCWT" where !rest.isEmpty: self = .webToken(rest)
        case "KSCGW" where !rest.isEmpty: self = .gateway(key: rest)
        case "KSCMFA":
            self = Self.fields(rest)["totp"].map { .secondStep(code: $0) } ?? .unknown
        default: self = .unknown
        }
    }

    private static func basic(_ fields: [String: String]) -> AuthorizationHeader {
        guard let user = fields["user"].flatMap(decode), let password = fields["pass"].flatMap(decode) else {
            return .unknown
        }
        let domain = fields["domain"] ?? ""
        let isInternal: Bool? =
            switch fields["internal"]?.lowercased() {
            case nil: nil
            case "1", "true": true
            default: false
            }
        return .basic(
            user: user,
            password: password,
            domains: [domain] + (decode(domain).map { [$0] } ?? []),
            isInternal: isInternal
        )
    }

    private static func decode(_ text: String) -> String? {
        ByteCoding.decodeBase64(text).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// `name="value", name=value`; a quoted value may hold commas.
    private static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        var rest = Substring(text)
        while let equals = rest.firstIndex(of: "=") {
            let name = String(rest[..<equals]).trimmed
            rest = rest[rest.index(after: equals)...].drop { $0 == " " }
            let isQuoted = rest.first == "\""
            if isQuoted { rest = rest.dropFirst() }
            let end = rest.firstIndex(of: isQuoted ? "\"" : ",") ?? rest.endIndex
            fields[name] = isQuoted ? String(rest[..<end]) : String(rest[..<end]).trimmed
            rest = rest[end...].drop { $0 == "\"" || $0 == "," || $0 == " " }
        }
        return fields
    }
}

extension String {
    /// The text without spaces around it.
    var trimmed: String {
        var slice = self[...]
        while slice.first == " " { slice = slice.dropFirst() }
        while slice.last == " " { slice = slice.dropLast() }
        return String(slice)
    }
}
