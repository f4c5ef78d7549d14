// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// A `changed` notification as lines for people: one for each scan, gateway and token.
package enum ChangeLines {
    /// The lines; whoever has none of a topic is told so in the first notification.
    package static func of(_ change: JSONValue) -> [String] {
        let topic = text(change["topic"])
        let items = change["items"]?.array ?? []
        guard !items.isEmpty else { return change["full"]?.bool == true ? ["\(topic): none"] : [] }
        let lines =
            switch topic {
            case "scans": items.map(scan)
            case "gateways": items.map(gateway)
            case "tokens": items.flatMap(tokens)
            default: items.map(\.readable)
            }
        return lines.map { VisibleText.of($0) }
    }

    private static func scan(_ scan: JSONValue) -> String {
        let size = scan["size"]?.integer.map { " of \($0)" } ?? ""
        let state =
            switch text(scan["state"]) {
            case "done": text(scan["outcome"])
            case "sending": "sending, \(text(scan["sent"]))\(size) bytes"
            case let state: state
            }
        return "scan \(text(scan["requestId"])) by \(text(scan["profile"])): \(state)"
    }

    private static func gateway(_ gateway: JSONValue) -> String {
        let state =
            switch text(gateway["state"]) {
            case "closed": "closed because \(text(gateway["closedBecause"]))"
            case let state:
                "\(state), generation \(text(gateway["generation"])), calls \(text(gateway["callsInFlight"]))"
            }
        return "gateway \(text(gateway["gateway"])) to \(RouteText.of(gateway["route"] ?? .null)): \(state)"
    }

    private static func tokens(_ profile: JSONValue) -> [String] {
        (profile["tokens"]?.array ?? []).map { token in
            let expiry = token["expiresInSeconds"]?.integer.map { ", expires in \($0) s" } ?? ""
            let failure = (token["lastFailure"]?["message"]?.string).map { ", last failure: \($0)" } ?? ""
            let state = text(token["state"])
            return "token \(text(token["token"])) of \(text(profile["profile"])): \(state)\(expiry)\(failure)"
        }
    }

    private static func text(_ value: JSONValue?) -> String { (value ?? .null).readable }
}
