// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseServer

/// `unsubscribe`: ends a subscription of the caller's connection.
struct UnsubscribeMethod: Method {
    var name: String { Unsubscribe.name }
    var schema: MethodSchema { Unsubscribe.schema }
    let subscriptions: Subscriptions

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let parameters = try Unsubscribe.Parameters(json: call.parameters)
        guard let channel = call.channel else { throw APIError(.internal) }
        // The subscriptions live on the loop, where this runs.
        let isEnded = subscriptions.assumeIsolated { $0.unsubscribe(parameters.subscription, channel) }
        guard isEnded else { throw APIError(.unknownSubscription) }
        return .finished(Unsubscribe.Result().json)
    }
}
