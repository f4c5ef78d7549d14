// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A request's line and header fields, as a server sees them before the body.
package struct RequestHead: Sendable {
    /// The method, in upper case for the usual ones.
    package let method: String
    /// The path without the query, and without the tenant in front of it.
    package let path: String
    /// The tenant that the path began with, as `/tenant/NAME/…`; nil for the lab's first.
    package let tenant: String?
    /// The query without its question mark, empty where there is none.
    package let query: String
    /// Names and values of the header fields, in order of arrival.
    package let headers: [HeaderField]

    /// Makes a head from a request line's target and its header fields.
    package init(method: String, target: String, headers: [HeaderField] = []) {
        self.method = method
        let halves = Self.originForm(target).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        (tenant, path) = Tenants.split(halves.first.map(String.init) ?? "")
        query = halves.count > 1 ? String(halves[1]) : ""
        self.headers = headers
    }

    /// Path and query of a target, which may begin with scheme and authority (RFC 9112, 3.2.2).
    private static func originForm(_ target: String) -> Substring {
        guard let scheme = ["https://", "http://"].first(where: { target.lowercased().hasPrefix($0) }) else {
            return target[...]
        }
        let rest = target.dropFirst(scheme.count)
        return rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? "/"
    }

    /// The first value of a header field, whose name is compared without regard to case.
    package func header(_ name: String) -> String? {
        let wanted = name.lowercased()
        return headers.first { $0.name.lowercased() == wanted }?.value
    }
}

/// One header field.
package struct HeaderField: Equatable, Sendable {
    /// The field's name as sent.
    package let name: String
    /// The field's value without the white space around it.
    package let value: String

    /// Makes a header field.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
