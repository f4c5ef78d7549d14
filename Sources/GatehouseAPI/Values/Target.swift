// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// Where a gateway leads (`$defs/target` of `schemas/common.json`).
public enum Target: Equatable, JSONRepresentable {
    /// The Network Agent of a host, by the host's id, or a product's component behind it.
    case agent(String, Component? = nil)
    /// A secondary server, by its number on the server above it.
    case secondary(Int64)
    /// A secondary server at any depth, by its instance id.
    case secondaryInstance(String)

    /// As the schema has it.
    public var json: JSONValue {
        var object = JSONObject()
        switch self {
        case .agent(let host, let component):
            object["agent"] = .string(host)
            object["component"] = component.map(\.json)
        case .secondary(let number): object["secondary"] = .number(JSONNumber(number))
        case .secondaryInstance(let instance): object["secondaryInstance"] = .string(instance)
        }
        return .object(object)
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "target")
        if let host = try reader.optionalString("agent") {
            self = .agent(host, try reader.optionalObject("component"))
        } else if let number = try reader.optionalInteger("secondary") {
            self = .secondary(number)
        } else {
            self = .secondaryInstance(try reader.string("secondaryInstance"))
        }
    }
}
