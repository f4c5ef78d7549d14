// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

/// SPE's answers for tests, as the text of each member, so that `1`, `1.0` and `"1"` stay apart.
struct SPEAnswer: Sendable, CustomStringConvertible {
    /// The real example of the protocol page, section 2.5.
    static let clean = SPEAnswer(members: [
        ("scanStatus", #""SCAN_SUCCESS""#), ("fileScanned", #""100mb.pdf""#), ("fileStatus", #""CLEAN""#),
        ("fileQuarantineStatus", #""NOT_AVAILABLE""#), ("totalInfections", "0"),
        ("virusDefinitionDate", #""2024-12-02T23:00:00.000+00:00""#), ("virusDefinitionRevisionNumber", #""007""#),
        ("bytesScanned", "104970204"), ("totalFilesScanned", "1"), ("trueTypeOfFile", #""application/x-pdf""#),
    ])

    /// The size of the file that the real example is about.
    static let cleanSize: Int64 = 104_970_204

    var members: [(name: String, text: String)]

    /// The same answer with another text for one member; nil leaves the member out.
    func with(_ name: String, _ text: String?) -> SPEAnswer {
        var copy = self
        copy.members.removeAll { $0.name == name }
        if let text { copy.members.append((name, text)) }
        return copy
    }

    var description: String {
        "{" + members.map { #""\#($0.name)": \#($0.text)"# }.joined(separator: ", ") + "}"
    }

    /// The answer as the rule sees it.
    var object: JSONObject {
        get throws { try #require(JSONValue(parsing: Array(description.utf8), depth: 32).object) }
    }
}
