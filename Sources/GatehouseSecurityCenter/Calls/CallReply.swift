// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// What a method answered, in the wire's own form.
package struct CallReply: Equatable, Sendable {
    /// `PxgRetVal`, or null where the method returns nothing.
    package var result: JSONValue
    /// The out parameters by name.
    package var out: JSONObject
    /// Which preparation of the session answered, counted from 1.
    package var generation: UInt64
    /// The end of the action that the call began, where it was followed.
    package var action: ActionResult?
    /// Keeps further long answers from being read while this one, if it is long, is passed on.
    var turn: LongAnswerTurn?

    /// Describes an answer.
    package init(
        result: JSONValue = .null,
        out: JSONObject = JSONObject(),
        generation: UInt64 = 0,
        action: ActionResult? = nil
    ) {
        self.result = result
        self.out = out
        self.generation = generation
        self.action = action
    }
}
