// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseServer
import GatehouseWire

/// `rpc.discover`: the OpenRPC document, written once.
struct DiscoverMethod: Method {
    var name: String { Discover.name }
    var schema: MethodSchema { Discover.schema }
    let isAudited = false

    private static let text = JSONText(OpenRPC.document(Array(MethodSchema.all.values)))

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        .rendered(Self.text)
    }
}
