// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI
package import GatehouseWire

/// An error that the daemon answered with, as this version understands it and as it came.
package struct RemoteError: Error, Equatable, Sendable {
    /// What this version understands of it.
    package let error: APIError
    /// The whole error object, for those who show it.
    package let object: JSONValue

    /// Reads an error object; nil where it lacks the code or the message that JSON-RPC 2.0 section 5.1 asks for.
    package init?(_ object: JSONValue) {
        guard object["message"]?.string != nil, let error = APIError(json: object) else { return nil }
        self.error = error
        self.object = object
    }
}
