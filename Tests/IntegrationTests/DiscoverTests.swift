// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire
import Testing

/// `rpc.discover` of the built daemon.
@Suite struct DiscoverTests {
    @Test func `the daemon describes every method that it has`() throws {
        let client = try Scene().connect()
        let document = try #require(try client.call("rpc.discover")["result"])
        #expect(document == OpenRPC.document(Array(MethodSchema.all.values)))
    }
}
