// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// An example of a schema as a command line.
enum ExampleCall {
    /// The command; each descriptor that the example names stands as `--fd FILE`.
    static func line(_ method: SchemaCatalog.Method, _ example: JSONValue) -> String {
        var words = ["gatehouse rpc", method.name]
        let params = example["params"] ?? [:]
        if params.object?.isEmpty == false { words.append(quoted(params.text)) }
        if let highest = highestDescriptor(in: params, depth: 0) {
            words += Array(repeating: "--fd FILE", count: highest + 1)
        }
        return words.joined(separator: " ")
    }

    /// A text as one word of a POSIX shell.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
    }

    private static func highestDescriptor(in value: JSONValue, depth: Int) -> Int? {
        guard depth < 8 else { return nil }
        return value.object?.members.compactMap { name, value in
            if name == "fd" { return value.integer.map { Int(clamping: min(max($0, 0), 15)) } }
            return highestDescriptor(in: value, depth: depth + 1)
        }.max()
    }
}
