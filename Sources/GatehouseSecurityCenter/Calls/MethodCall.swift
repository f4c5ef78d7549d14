// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// A call of a method through a gateway or on a server.
package struct MethodCall: Sendable {
    /// The method.
    package var method: MethodName
    /// Its arguments in the wire's own form (``KLPARValue``), sent as they are: order, numbers and unknown members too.
    package var arguments: JSONObject
    /// Whether it may be sent again when its outcome is unknown.
    package var isIdempotent: Bool
    /// How long all of it may take; the caller's deadline.
    package var within: Duration

    /// Describes a call.
    package init(
        _ method: MethodName,
        _ arguments: JSONObject = JSONObject(),
        isIdempotent: Bool = false,
        within: Duration = .seconds(120)
    ) {
        self.method = method
        self.arguments = arguments
        self.isIdempotent = isIdempotent
        self.within = within
    }

    /// The request's body.
    var body: [UInt8] {
        var body: [UInt8] = []
        JSONValue.object(arguments).write(to: &body)
        return body
    }
}
