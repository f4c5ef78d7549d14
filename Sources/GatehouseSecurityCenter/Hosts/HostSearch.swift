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

    /// A search by a filter that the caller wrote.
    package init(filter: String, fields: [String] = defaultFields, limit: Int = 1000) {
        self.filter = filter
        self.fields = fields
        self.limit = max(limit, 0)
    }
}

/// The hosts that were found.
package struct HostList: Sendable, Equatable {
    /// Each host's attributes in the wire's own form.
    package var hosts: [JSONObject]
    /// How many the server found, which may be more.
    package var total: Int
}
