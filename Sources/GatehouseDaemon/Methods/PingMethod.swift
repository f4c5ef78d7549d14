// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseServer

/// `ping`: answers, which is all.
struct PingMethod: Method {
    var name: String { Ping.name }
    var schema: MethodSchema { Ping.schema }
    let isAudited = false

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        .finished(Ping.Result().json)
    }
}
