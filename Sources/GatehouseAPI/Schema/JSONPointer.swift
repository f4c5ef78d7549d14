// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Places in a JSON value, as RFC 6901 writes them.
package enum JSONPointer {
    /// The steps as a JSON Pointer; each one is made ``printable(_:)``, so a strange name is not found by it.
    package static func text(of steps: [String]) -> String {
        steps.map { step in
            let step = printable(step)
            return step.unicodeScalars.reduce(into: "/") { text, scalar in
                switch scalar {
                case "~": text += "~0"
                case "/": text += "~1"
                default: text.unicodeScalars.append(scalar)
                }
            }
        }.joined()
    }

    /// A text of a peer, cut after 40 characters and with control characters escaped.
    package static func printable(_ text: String) -> String {
        var result = ""
        for (count, scalar) in text.unicodeScalars.prefix(41).enumerated() {
            guard count < 40 else { return result + "…" }
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
