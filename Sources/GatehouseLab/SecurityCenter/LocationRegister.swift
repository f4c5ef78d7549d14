// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The locations that each node has given out: opaque to clients, and good only when they come back whole.
struct LocationRegister: Sendable {
    private struct Way: Hashable, Sendable {
        let from: NodeName
        let to: NodeName
    }

    private var locations: [Way: JSONValue] = [:]
    private var mint = TokenMint()

    /// The location of a node as another one gives it out.
    ///
    /// It has what careless clients lose: a false boolean, wrapped values, a number above 2^53, members that no
    /// documentation names, and names that are not in alphabetical order.
    mutating func location(of node: NodeName, from issuer: NodeName, isServer: Bool, at now: LabInstant) -> JSONValue {
        let way = Way(from: issuer, to: node)
        if let known = locations[way] { return known }
        let location: JSONValue = [
            "GwLocTargetComponent": .string(isServer ? "1093/1.0.0.0/KLSRV" : "1103/1.0.0.0/KLNAG"),
            "GwLocHostId": .string(mint.identifier()),
            "GwLocIndirect": .bool(false),
            "GwLocUseCompression": .bool(true),
            "GwLocSignUdp": .bool(false),
            "GwLocLocation": .string("ubicación/" + mint.identifier()),
            "GwLocIssued": .dateTime(now),
            "GwLocCookie": .binary(mint.bytes(24)),
            "GwLocSerial": .long(9_007_199_254_740_993 + Int(mint.bytes(1)[0])),
            "GwLabUnknown": .params(["zeta": 0, "alpha": "", "ratio": ["type": "double", "value": .double(0.1)]]),
            "GwLabPath": .array(["a\\b/\"c\"", .bool(false), .params(["Empty": .params([:])])]),
        ]
        locations[way] = location
        return location
    }

    /// The node whose location this is, and whether even the order of its members is as it was given out.
    func node(of location: JSONValue, from issuer: NodeName) -> (name: NodeName, isExact: Bool)? {
        for (way, known) in locations where way.from == issuer && known.matches(location) {
            return (way.to, known == location)
        }
        return nil
    }

    /// Makes every location that leads to a node void.
    mutating func forget(_ node: NodeName) {
        locations = locations.filter { $0.key.to != node }
    }
}
