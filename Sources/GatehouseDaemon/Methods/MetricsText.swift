// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Metrics in the text exposition format, version 0.0.4 (Prometheus, "Exposition formats").
struct MetricsText {
    static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    enum Kind: String {
        /// Only grows, and begins anew with the daemon.
        case counter
        /// Goes up and down.
        case gauge
    }

    /// One value with its labels.
    typealias Sample = (labels: [(String, String)], value: Int64)

    private(set) var text = ""

    /// Adds a metric, whose name begins with `gatehouse_`; its samples in the order of their labels.
    mutating func add(_ name: String, _ help: String, _ kind: Kind, _ samples: [Sample]) {
        guard !samples.isEmpty else { return }
        let name = "gatehouse_" + name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        text += samples.map { name + Self.labels($0.labels) + " \($0.value)\n" }.sorted().joined()
    }

    private static func labels(_ labels: [(String, String)]) -> String {
        guard !labels.isEmpty else { return "" }
        return "{" + labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { text, character in
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.append(character)
            }
        }
    }
}
