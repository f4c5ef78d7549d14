// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The locations that each node has given out: opaque to clients, and good only when they come back whole.
struct LocationRegister: Sendable {
    private struct Way: Hashable, Sendable {
        let from: NodeName
        let to: NodeName
    }

    private var locations: [Way: JSONValue] = [:]
    /// The ways of all locations that were ever given out, by the one member that differs in each.
    private var ways: [String: Way] = [:]
    private var mint = TokenMint()
    /// Whether members must come back in the order in which they were given out.
    var needsSameOrder = false

    /// The location of a node as another one gives it out.
    ///
    /// It has what careless clients lose: a false boolean, wrapped values, a number above 2^53, members that no
    /// documentation names, and names that are not in alphabetical order.
    mutating func location(of node: NodeName, from issuer: NodeName, isServer: Bool, at now: LabInstant) -> JSONValue {
        let way = Way(from: issuer, to: node)
        if let known = locations[way] { return known }
        let id = mint.identifier()
        let location: JSONValue = [
            "GwLocTargetComponent": .string(isServer ? "1093/1.0.0.0/KLSRV" : "1103/1.0.0.0/KLNAG"),
            "GwLocHostId": .string(id),
            "GwLocIndirect": .bool(false),
            "GwLocUseCompression": .bool(true),
            "GwLocSignUdp": .bool(false),
            "GwLocLocation": .string("ubicación/" + mint.identifier()),
            "GwLocIssued": .dateTime(now),
            "GwLocCookie": .binary(mint.bytes(24)),
            "GwLocSerial": .long(9_007_199_254_740_993 + 2 * Int(mint.bytes(1)[0])),
            "GwLabUnknown": .params(["zeta": 0, "alpha": "", "ratio": ["type": "double", "value": .double(0.1)]]),
            "GwLabPath": .array(["a\\b/\"c\"", .bool(false), .params(["Empty": .params([:])])]),
        ]
        locations[way] = location
        ways[id] = way
        return location
    }

    /// The node whose location this is: an error where it has changed on its way, or leads nowhere any more.
    func node(of location: JSONValue, from issuer: NodeName) throws(PxgError) -> NodeName {
        guard let way = location["GwLocHostId"]?.text.flatMap({ ways[$0] }), way.from == issuer else {
            throw .badFormat("pLocations")
        }
        guard let known = locations[way] else { throw .notFound(way.to) }
        guard needsSameOrder ? known == location : known.matches(location) else { throw .badFormat("pLocations") }
        return way.to
    }

    /// Makes every location that leads to a node void.
    mutating func forget(_ node: NodeName) {
        locations = locations.filter { $0.key.to != node }
    }
}
