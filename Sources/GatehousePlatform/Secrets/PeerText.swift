// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension String {
    /// A peer's text for people and logs: at most that many characters, with blanks for what ends a line, cannot be seen
    /// or turns the direction of what follows.
    package func onOneLine(maximum: Int) -> String {
        var line = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(maximum) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: line.append(" ")
            default: line.append(scalar)
            }
        }
        return String(line)
    }
}
