// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseServer

/// `ping`: answers, which is all.
struct PingMethod: Method {
    let schema = Ping.schema
    let isAudited = false

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        .finished(Ping.Result().json)
    }
}
