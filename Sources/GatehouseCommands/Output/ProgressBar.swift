// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// The line that shows how far a run is: it says what to draw and when, and draws nothing itself.
///
/// It holds ASCII alone, so that one character is one column, and nothing that a file's name could say.
package struct ProgressBar: Sendable {
    /// What takes less time than this gets no bar.
    package static let delay = Duration.milliseconds(500)
    /// The time between two looks, long enough that nothing flickers.
    package static let interval = Duration.milliseconds(100)

    private static let widestBar = 30
    private static let narrowestBar = 5

    private let start: Instant
    private var lastDrawn: Instant?

    /// A bar for something that began at that time.
    package init(start: Instant) {
        self.start = start
    }

    /// Whether it is time to draw.
    package func isDue(at now: Instant) -> Bool {
        guard now - start >= Self.delay else { return false }
        guard let lastDrawn else { return true }
        return now - lastDrawn >= Self.interval
    }

    /// The line to draw now, at most one column less than the terminal has, since the last one would wrap it.
    package mutating func line(_ progress: ScanProgress, at now: Instant, columns: Int) -> String {
        lastDrawn = now
        let width = max(columns - 1, 0)
        var parts = ["\(progress.filesDone)/\(progress.filesFound) files", ByteText.of(progress.bytesDone)]
        if let rate = ByteText.rate(progress.bytesDone, in: now - start) { parts.append(rate) }
        if let fraction = progress.fraction { parts.insert(Self.percent(fraction), at: 0) }
        let text = parts.joined(separator: "  ")
        guard let fraction = progress.fraction else { return String(text.prefix(width)) }
        return String((Self.bar(fraction, room: width - text.utf8.count) + text).prefix(width))
    }

    private static func percent(_ fraction: Double) -> String {
        let number = String(Int(fraction * 100))
        return String(repeating: " ", count: max(0, 3 - number.utf8.count)) + number + "%"
    }

    /// The bar with its brackets and a blank, as far as there is room for one.
    private static func bar(_ fraction: Double, room: Int) -> String {
        let cells = min(room - 3, widestBar)
        guard cells >= narrowestBar else { return "" }
        let full = Int(fraction * Double(cells))
        return "[" + String(repeating: "#", count: full) + String(repeating: " ", count: cells - full) + "] "
    }
}
