// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// How hosts are looked for by what a person typed: a name as it is, or a pattern with `*` and `?`.
package enum HostQuery {
    /// The attributes that hold a name of a host (vendor's documentation, "List of host attributes").
    private static let attributes = [
        "KLHST_WKS_DN", "KLHST_WKS_FQDN", "KLHST_WKS_DNSNAME", "KLHST_WKS_WINHOSTNAME",
    ]

    /// What ends a text of a filter, or could mean more in it than itself.
    private static let unsafe = "\"[]\\".unicodeScalars

    /// The member `name` or `filter` of a request.
    ///
    /// A pattern becomes a filter here: between quotes `*` and `?` are wildcards (vendor's documentation, "Search filter
    /// syntax"). With a character that a filter cannot hold safely it stays a name, which the daemon judges.
    package static func member(_ text: String) -> (name: String, value: JSONValue) {
        guard text.contains(where: { "*?".contains($0) }), text.unicodeScalars.allSatisfy(isSafe) else {
            return ("name", .string(text))
        }
        let tests = attributes.map { "(\($0)=\"\(text)\")" }
        return ("filter", .string("(|" + tests.joined() + ")"))
    }

    private static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        !scalar.isControl && !unsafe.contains(scalar)
    }
}
