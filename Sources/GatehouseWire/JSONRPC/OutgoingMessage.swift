// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Writes what a server sends: replies and notifications (JSON-RPC 2.0 sections 4.1 and 5), without a delimiter.
package enum OutgoingMessage {
    /// Appends `{"jsonrpc":"2.0","id":ID,"result":VALUE}`.
    package static func appendResult(_ value: JSONValue, id: MessageID, to output: inout [UInt8]) {
        begin(id, to: &output)
        output.append(contentsOf: ",\"result\":".utf8)
        value.write(to: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// The same for a value that has been written already.
    package static func appendResult(_ text: JSONText, id: MessageID, to output: inout [UInt8]) {
        begin(id, to: &output)
        output.append(contentsOf: ",\"result\":".utf8)
        output.append(contentsOf: text.bytes)
        output.append(UInt8(ascii: "}"))
    }

    /// Appends `{"jsonrpc":"2.0","id":ID,"error":VALUE}`.
    package static func appendError(_ value: JSONValue, id: MessageID, to output: inout [UInt8]) {
        begin(id, to: &output)
        output.append(contentsOf: ",\"error\":".utf8)
        value.write(to: &output)
        output.append(UInt8(ascii: "}"))
    }

    /// Appends `{"jsonrpc":"2.0","method":NAME,"params":{"id":ID,…}}`: a notification that tells about a request.
    package static func appendNotification(
        _ method: String,
        about id: MessageID,
        _ members: [(String, JSONValue)],
        to output: inout [UInt8]
    ) {
        output.append(contentsOf: "{\"jsonrpc\":\"2.0\",\"method\":".utf8)
        JSONValue.write(method, to: &output)
        output.append(contentsOf: ",\"params\":{\"id\":".utf8)
        output.append(contentsOf: id.token.utf8)
        for (name, value) in members {
            output.append(UInt8(ascii: ","))
            JSONValue.write(name, to: &output)
            output.append(UInt8(ascii: ":"))
            value.write(to: &output)
        }
        output.append(contentsOf: "}}".utf8)
    }

    /// Appends `{"jsonrpc":"2.0","method":NAME,"params":VALUE}`.
    package static func appendNotification(_ method: String, _ params: JSONValue, to output: inout [UInt8]) {
        output.append(contentsOf: "{\"jsonrpc\":\"2.0\",\"method\":".utf8)
        JSONValue.write(method, to: &output)
        output.append(contentsOf: ",\"params\":".utf8)
        params.write(to: &output)
        output.append(UInt8(ascii: "}"))
    }

    private static func begin(_ id: MessageID, to output: inout [UInt8]) {
        output.append(contentsOf: "{\"jsonrpc\":\"2.0\",\"id\":".utf8)
        output.append(contentsOf: id.token.utf8)
    }
}
