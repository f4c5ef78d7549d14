// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// What a call of a Security Center's method answered (`$defs/callResult` of `schemas/common.json`).
public struct CallResult: Equatable, JSONRepresentable {
    /// The call's own result (`PxgRetVal`); null where there is none.
    public var result: JSONValue
    /// The call's output parameters by their names.
    public var out: JSONObject
    /// How often the route was prepared, from 1.
    public var generation: Int64
    /// How the asynchronous action ended; only with `await`.
    public var action: ActionReport?

    /// Puts one together.
    public init(result: JSONValue, out: JSONObject, generation: Int64, action: ActionReport? = nil) {
        self.result = result
        self.out = out
        self.generation = generation
        self.action = action
    }

    /// As the schema has it.
    public var json: JSONValue {
        var object = JSONObject()
        object["result"] = result
        object["out"] = .object(out)
        object["generation"] = .number(JSONNumber(generation))
        object["action"] = action.map { $0.json }
        return .object(object)
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "result of a call")
        result = try reader.value("result")
        out = try reader.members("out")
        generation = try reader.integer("generation")
        action = try reader.optionalObject("action")
    }
}

/// How an asynchronous action ended.
public struct ActionReport: Equatable, JSONRepresentable {
    /// The action's id.
    public var id: String
    /// The action's last state code.
    public var stateCode: Int64?
    /// What the action answered (`pStateData`).
    public var state: JSONObject?

    /// Puts one together.
    public init(id: String, stateCode: Int64? = nil, state: JSONObject? = nil) {
        self.id = id
        self.stateCode = stateCode
        self.state = state
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "id": .string(id),
            "stateCode": JSONValue(stateCode),
            "state": state.map { .object($0) } ?? .null,
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "action")
        id = try reader.string("id")
        stateCode = try reader.optionalInteger("stateCode")
        state = try reader.optionalMembers("state")
    }
}
