// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseServer

/// `subscribe`: tells the caller of changes for as long as its connection lasts.
struct SubscribeMethod: Method {
    var name: String { Subscribe.name }
    var schema: MethodSchema { Subscribe.schema }
    let subscriptions: Subscriptions

    var auditedParameters: KeyValuePairs<String, AuditDetail> { ["topics": .topics] }

    func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
        let parameters = try Subscribe.Parameters(json: call.parameters)
        guard let channel = call.channel else { throw APIError(.internal) }
        var topics: [Subscribe.Topic] = []
        for topic in parameters.topics where !topics.contains(topic) { topics.append(topic) }
        let wanted = topics
        // The subscriptions live on the loop, where this runs.
        let result = subscriptions.assumeIsolated { subscriptions in
            Result { () throws(APIError) in try subscriptions.subscribe(wanted, owner: call.owner, channel) }
        }
        return .finished(Subscribe.Result(subscription: try result.get()).json)
    }
}
