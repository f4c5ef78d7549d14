// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// What hosts to look for.
package struct HostSearch: Sendable, Equatable {
    /// The filter in the server's own grammar.
    package var filter: String
    /// The attributes to return.
    package var fields: [String]
    /// The most hosts to return.
    package var limit: Int

    /// What tells a host to a person.
    package static let defaultFields = [
        "KLHST_WKS_HOSTNAME", "KLHST_WKS_DN", "KLHST_WKS_FQDN", "KLHST_WKS_IP_LONG", "KLHST_WKS_STATUS",
        "KLHST_WKS_STATUS_ID", "KLHST_WKS_LAST_VISIBLE",
    ]

    /// The names that a person may mean: the id, the display name, and those of DNS and Windows.
    private static let names = [
        "KLHST_WKS_HOSTNAME", "KLHST_WKS_DN", "KLHST_WKS_FQDN", "KLHST_WKS_DNSNAME", "KLHST_WKS_WINHOSTNAME",
    ]

    /// A search by a filter that the caller wrote.
    package init(filter: String, fields: [String] = defaultFields, limit: Int = 1000) {
        self.filter = filter
        self.fields = fields
        self.limit = max(limit, 0)
    }

    /// A search for hosts that have exactly this name, of whatever kind.
    ///
    /// Throws `invalidArguments` for what could end the quotes or be taken for a pattern: how to write such characters
    /// is not documented (`"`, `*`, `?`, `[`, `]`, `\` and control characters). Who means a pattern writes a filter.
    /// So it does for a name that is empty or has more than 256 Unicode code points.
    package init(
        name: String,
        fields: [String] = defaultFields,
        limit: Int = 1000
    ) throws(SecurityCenterError) {
        let isSafe = name.unicodeScalars.allSatisfy { scalar in
            scalar.properties.generalCategory != .control && !"\"*?[]\\".unicodeScalars.contains(scalar)
        }
        // As many as the interface takes for a name.
        guard (1...256).contains(name.unicodeScalars.count) else {
            throw SecurityCenterError(.invalidArguments, "a host's name has 1 to 256 characters (Unicode code points)")
        }
        guard isSafe else {
            throw SecurityCenterError(
                .invalidArguments,
                "a name with quotes, wildcards, brackets or control characters cannot be searched for: write a filter"
            )
        }
        let tests = Self.names.map { "(\($0)=\"\(name)\")" }
        self.init(filter: "(|" + tests.joined() + ")", fields: fields, limit: limit)
    }

    /// The call that makes the list on the server.
    func call(within: Duration) -> MethodCall {
        var arguments = JSONObject()
        arguments["wstrFilter"] = .string(filter)
        arguments["vecFieldsToReturn"] = .array(fields.map { .string($0) })
        arguments["vecFieldsToOrder"] = []
        arguments["pParams"] = .object(JSONObject())
        // The server forgets the list by itself after that long, in seconds.
        arguments["lMaxLifeTime"] = 300
        // A list that got lost is forgotten too.
        return MethodCall(MethodName(own: "HostGroup.FindHosts"), arguments, isIdempotent: true, within: within)
    }
}

/// The hosts that were found.
package struct HostList: Sendable, Equatable {
    /// Each host's attributes in the wire's own form.
    package var hosts: [JSONObject]
    /// How many the server found, which may be more.
    package var total: Int

    /// Describes what was found.
    package init(hosts: [JSONObject] = [], total: Int = 0) {
        self.hosts = hosts
        self.total = total
    }
}
