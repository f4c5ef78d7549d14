// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// What one look of `gatehouse doctor` came to.
package struct Finding: Equatable, Sendable {
    /// How it stands.
    package enum State: String, Sendable {
        /// As it should be.
        case ok
        /// It works, but somebody should look at it.
        case warning
        /// It does not work.
        case failed
    }

    /// How it stands.
    package var state: State
    /// What was looked at and what was seen, in one sentence.
    package var message: String
    /// What to do; nil where nothing is to be done, or nobody knows.
    package var hint: String?

    /// One finding.
    package init(_ state: State, _ message: String, hint: String? = nil) {
        self.state = state
        self.message = message
        self.hint = hint
    }

    /// The lines for people: the finding, and under it what to do.
    func lines(_ style: Style) -> [String] {
        let word =
            switch state {
            case .ok: style.green("ok     ")
            case .warning: style.yellow("warning")
            case .failed: style.red("FAILED ")
            }
        let first = "\(word)  \(VisibleText.of(message))"
        return [first] + (hint.map { ["         \(VisibleText.of($0))"] } ?? [])
    }

    /// The object for programs.
    package var json: JSONValue {
        ["state": .string(state.rawValue), "message": .string(message), "hint": hint.map(JSONValue.string) ?? .null]
    }
}
