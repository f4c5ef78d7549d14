// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire
import Testing

@testable import GatehouseDaemon

/// What a policy gets to see of a call.
@Suite struct PolicyFactsTests {
    /// Params that name something which rules narrow.
    private static let narrowed: Set<String> = [
        "profile", "server", "via", "target", "gateway", "locations", "filePath", "method", "file", "topics",
    ]

    /// What is looked at, by method.
    ///
    /// A method that takes more must be looked at in ``PolicyFacts`` first.
    private static let known: [String: Set<String>] = [
        "callAgent": ["gateway", "method", "server", "target", "via"],
        "callServer": ["method", "server", "via"],
        "findHosts": ["server", "via"],
        // The caller's own gateway, and nothing is done there.
        "closeGateway": ["gateway"],
        "getFile": ["file", "gateway"],
        "listSecondaries": ["server", "via"],
        "prepareGateway": ["locations", "server", "target", "via"],
        "putFile": ["file", "gateway", "target"],
        "scanFile": ["file", "profile"],
        "scanPath": ["filePath", "profile"],
        "subscribe": ["topics"],
        "tokenForget": ["profile"], "tokenRefresh": ["profile"], "tokenStatus": ["profile"],
        // A question about all that, answered without doing it.
        "policyExplain": ["filePath", "locations", "method", "profile", "server", "target", "via"],
    ]

    @Test func `no method takes a name that rules narrow and that a policy does not see`() {
        for type in MethodSchema.methods {
            let document = SchemaLibrary.document(type.name + ".json")
            let members = Set((document["params"]?["properties"]?.object?.members ?? []).map(\.name))
            #expect(members.intersection(Self.narrowed) == Self.known[type.name] ?? [], "\(type.name)")
        }
    }
}
