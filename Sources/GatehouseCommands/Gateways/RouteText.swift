// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// A route on one line for people: `main > secondary 3 > agent 4328e16g-…`.
package enum RouteText {
    /// The text of a daemon's route.
    package static func of(_ route: JSONValue) -> String {
        guard let steps = route.array, !steps.isEmpty else { return "-" }
        return steps.map(step).joined(separator: " > ")
    }

    private static func step(_ step: JSONValue) -> String {
        let kind = step["kind"]?.string ?? ""
        let id = step["id"]?.string ?? ""
        return kind == "server" || kind.isEmpty ? id : id.isEmpty ? kind : "\(kind) \(id)"
    }
}
