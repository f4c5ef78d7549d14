// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// One message of the daemon.
package enum Reply: Equatable, Sendable {
    /// The answer to the request with that id.
    case answer(id: Int, Result<JSONValue, RemoteError>)
    /// An error that belongs to no request: the daemon closes the connection after it.
    case fault(RemoteError)
    /// Something that the daemon tells without being asked.
    case notification(method: String, parameters: JSONValue)

    /// Reads one line, without its LF.
    package init(line: some Collection<UInt8>) throws(ClientError) {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(parsing: line, depth: 128)
        } catch {
            throw .protocolViolation(reason: "not JSON: \(error)")
        }
        guard value["jsonrpc"]?.string == "2.0" else {
            throw .protocolViolation(reason: "not a message of JSON-RPC 2.0")
        }
        if let method = value["method"] {
            guard let name = method.string, value["id"] == nil else {
                throw .protocolViolation(reason: "a request from the daemon")
            }
            self = .notification(method: name, parameters: value["params"] ?? .null)
            return
        }
        try self.init(reply: value)
    }

    private init(reply value: JSONValue) throws(ClientError) {
        let outcome: Result<JSONValue, RemoteError>
        switch (value["result"], value["error"].map(RemoteError.init)) {
        case (let result?, nil): outcome = .success(result)
        case (nil, let error??): outcome = .failure(error)
        default: throw .protocolViolation(reason: "a reply needs either a result or an error")
        }
        switch (value["id"], outcome) {
        case (.number(let number), _):
            // Ids are compared by their token: 1.0 is no id of ours.
            guard let id = Int(number.text), number.text == String(id) else {
                throw .protocolViolation(reason: "a reply to an id that was never used")
            }
            self = .answer(id: id, outcome)
        case (.null, .failure(let error)): self = .fault(error)
        default: throw .protocolViolation(reason: "a reply without an id")
        }
    }
}
