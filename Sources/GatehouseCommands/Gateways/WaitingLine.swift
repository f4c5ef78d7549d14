// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// The line that shows what a command waits for; it draws nothing itself.
package struct WaitingLine: Sendable {
    /// When it began to wait.
    let start: Instant
    /// How often the daemon has looked up the state of an action; nil where it did not say.
    package var checks: Int64?

    private let subject: String
    private var lastText: String?

    /// A line about something that began at that time; control characters are made visible.
    package init(_ subject: String, start: Instant) {
        self.subject = VisibleText.of(subject)
        self.start = start
    }

    /// What to draw now, at most one column less than the terminal has; nil where nothing has changed, or within the
    /// first half of a second.
    package mutating func text(at now: Instant, columns: Int) -> String? {
        guard now - start >= ProgressBar.delay else { return nil }
        var parts = [subject, "\((now - start).wholeMilliseconds / 1000) s"]
        if let checks { parts.append("state looked up \(checks) times") }
        let text = String(parts.joined(separator: "  ").prefix(max(columns - 1, 0)))
        guard text != lastText else { return nil }
        lastText = text
        return text
    }
}
