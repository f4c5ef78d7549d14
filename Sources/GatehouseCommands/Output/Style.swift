// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

/// Colour, where standard output is a terminal and nobody objects (no-color.org).
package struct Style: Sendable {
    /// Whether colours are used.
    let isColoured: Bool

    /// Looks at the terminal and at `NO_COLOR` and `TERM`.
    static func ofStandardOutput() -> Style {
        let refused = getenv("NO_COLOR").map { strlen($0) > 0 } ?? false
        let dumb = getenv("TERM").map { strcmp($0, "dumb") == 0 } ?? true
        return Style(isColoured: !refused && !dumb && isatty(STDOUT_FILENO) == 1)
    }

    func red(_ text: String) -> String { colour(text, "31") }
    func green(_ text: String) -> String { colour(text, "32") }
    func yellow(_ text: String) -> String { colour(text, "33") }

    private func colour(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
