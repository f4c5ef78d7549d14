// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// What an async action has come to.
package struct ActionResult: Equatable, Sendable {
    /// The action's id on the server.
    package var id: String
    /// `lStateCode`; for the actions of `HostGroup` 1 is success.
    package var stateCode: Int64
    /// `pStateData` in the wire's own form, an empty object where there was none.
    package var stateData: JSONValue
    /// Whether this is its end.
    package var isFinal: Bool

    /// Describes a state.
    package init(id: String, stateCode: Int64 = 0, stateData: JSONValue = .object(JSONObject()), isFinal: Bool = false)
    {
        self.id = id
        self.stateCode = stateCode
        self.stateData = stateData
        self.isFinal = isFinal
    }
}
