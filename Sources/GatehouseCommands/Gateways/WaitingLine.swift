// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseWire

/// The line that shows what a command waits for; it draws nothing itself.
package struct WaitingLine: Sendable {
    /// When it began to wait.
    let start: Instant
    /// What the daemon told of its progress, in words.
    private var progress: String?

    private let subject: String
    private var lastText: String?

    /// A line about something that began at that time; control characters are made visible.
    package init(_ subject: String, start: Instant) {
        self.subject = VisibleText.of(subject)
        self.start = start
    }

    /// Takes in the params of a `progress` notification; what is none is left out.
    package mutating func note(_ parameters: JSONValue) {
        guard let done = parameters["done"]?.integer else { return }
        switch parameters["unit"]?.string {
        case "checks": progress = "state looked up \(done) times"
        case "bytes":
            let total = parameters["total"]?.integer.map { " of \(ByteText.of($0))" } ?? ""
            progress = ByteText.of(done) + total
        default: break
        }
    }

    /// What to draw now, at most one column less than the terminal has; nil where nothing has changed, or within the
    /// first half of a second.
    package mutating func text(at now: Instant, columns: Int) -> String? {
        guard now - start >= ProgressBar.delay else { return nil }
        var parts = [subject, "\((now - start).wholeMilliseconds / 1000) s"]
        if let progress { parts.append(progress) }
        let text = String(parts.joined(separator: "  ").prefix(max(columns - 1, 0)))
        guard text != lastText else { return nil }
        lastText = text
        return text
    }
}
