// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

extension WireClient {
    /// Opens a gateway; returns its handle.
    func openGateway(_ target: JSONValue, _ more: [(String, JSONValue)] = []) throws -> String {
        let reply = try prepareGateway(target, more)
        guard let handle = reply["result"]?["gateway"]?.string else { throw TestFault("no gateway: \(reply.text)") }
        return handle
    }

    /// Asks for a gateway; returns the reply.
    func prepareGateway(_ target: JSONValue, _ more: [(String, JSONValue)] = []) throws -> JSONValue {
        try call("prepareGateway", .object(with: [("target", target)] + more))
    }

    /// Calls through a gateway; returns the reply.
    func callAgent(
        _ gateway: String,
        _ method: String,
        _ arguments: JSONValue = [:],
        _ more: [(String, JSONValue)] = []
    ) throws -> JSONValue {
        try call("callAgent", .agentCall(gateway, method, arguments, more))
    }
}

extension JSONValue {
    /// The params of a call through a gateway.
    static func agentCall(
        _ gateway: String,
        _ method: String,
        _ arguments: JSONValue = [:],
        _ more: [(String, JSONValue)] = []
    ) -> JSONValue {
        .object(with: [("gateway", .string(gateway)), ("method", .string(method)), ("arguments", arguments)] + more)
    }

    static func object(with members: [(String, JSONValue)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in members { object[name] = value }
        return .object(object)
    }
}
