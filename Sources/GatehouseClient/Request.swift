// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// The bytes of requests (JSON-RPC 2.0 section 4).
package enum Request {
    /// One request with its final LF; `parameters` of `null` are left out.
    package static func bytes(id: Int, method: String, parameters: JSONValue) -> [UInt8] {
        var object: JSONValue = ["jsonrpc": "2.0", "id": .number(JSONNumber(id)), "method": .string(method)]
        if !parameters.isNull { object = object.setting("params", parameters) }
        return line(object)
    }

    /// The notification that cancels a request of ours.
    package static func cancellation(of id: Int) -> [UInt8] {
        line(["jsonrpc": "2.0", "method": "$/cancelRequest", "params": ["id": .number(JSONNumber(id))]])
    }

    private static func line(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        value.write(to: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return bytes
    }
}

extension JSONValue {
    /// The object with that member set; anything else stays as it is.
    package func setting(_ name: String, _ value: JSONValue?) -> JSONValue {
        guard case .object(var object) = self else { return self }
        object[name] = value
        return .object(object)
    }
}
