// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// A type of the API that turns into JSON and back.
public protocol JSONRepresentable: Sendable {
    /// The value as its schema has it; members never vanish, what is not known is null.
    var json: JSONValue { get }

    /// Reads a value.
    ///
    /// Members that this version does not know are passed over, so that a newer daemon's answers are still understood.
    /// Throws an error of kind `internal` that names the member which is missing or of the wrong type.
    init(json: JSONValue) throws(APIError)
}
