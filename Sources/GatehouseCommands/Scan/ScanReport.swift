// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseClient
import GatehousePlatform
import GatehouseWire

/// Turns results into lines on standard output, explanations on standard error, and counts.
struct ScanReport: ~Copyable {
    /// What the options ask for.
    struct Form {
        var isJSON = false
        var isQuiet = false
        var onlyInfected = false
    }

    private let form: Form
    private let style: Style
    private let start: Instant
    private var output = OutputStream()
    private var statusLine: StatusLine?
    private var bar: ProgressBar
    /// Kinds of error whose hint was given.
    private var hinted: Set<String> = []
    private(set) var summary = ScanSummary()

    /// Without a status line nothing moves on the terminal.
    init(_ form: Form, style: Style, statusLine: StatusLine?, start: Instant) {
        self.form = form
        self.style = style
        self.start = start
        // Lines for programs stay alone on their terminal.
        self.statusLine = form.isJSON && statusLine?.sharesTheTerminal == true ? nil : statusLine
        bar = ProgressBar(start: start)
    }

    /// Whether somebody still takes the output.
    var isWanted: Bool { output.failure == nil }

    /// Whether there is a status line, for ``show(_:at:)`` to be called again and again.
    var isAnimated: Bool { statusLine != nil }

    mutating func add(_ result: ScanResult) {
        summary.count(result)
        if let line = shownLine(result) { print(line) }
        explain(result)
    }

    /// Writes out what is finished, before waiting for more.
    mutating func flush() {
        output.flush()
    }

    /// Whether it is time to show how far the run is.
    func isDue(at now: Instant) -> Bool { bar.isDue(at: now) }

    /// Shows how far the run is, where there is a status line.
    mutating func show(_ progress: ScanProgress, at now: Instant) {
        guard let columns = statusLine?.columns else { return }
        statusLine?.show(bar.line(progress, at: now, columns: columns))
    }

    /// Says something on standard error, after the lines before it.
    mutating func say(_ message: String) {
        output.flush()
        statusLine?.clear()
        Diagnostics.write(message)
    }

    /// Says what went wrong beside the scans, which the exit code tells too.
    mutating func fail(_ message: String) {
        say(message)
        summary.hasFailed = true
    }

    /// Says something that is good to know, and not needed.
    mutating func remark(_ message: String) {
        if !form.isQuiet { say(message) }
    }

    consuming func finish(at now: Instant) throws {
        output.flush()
        statusLine?.clear()
        if summary.files == 0, summary.unchanged == 0 { Diagnostics.write("nothing was found to scan") }
        if !form.isQuiet { Diagnostics.writePlain(summary.text(elapsed: now - start)) }
        let status = summary.status
        try output.finish(status)
    }

    private mutating func print(_ line: String) {
        if statusLine?.sharesTheTerminal == true { statusLine?.clear() }
        output.writeLine(line)
    }

    /// The line of a result on standard output; nil where the options, or the result, ask for none.
    private func shownLine(_ result: ScanResult) -> String? {
        if form.onlyInfected {
            guard case .verdict(let judgement) = result.outcome, case .infected = judgement.outcome else { return nil }
        }
        if form.isJSON { return result.object.visibleText }
        switch result.outcome {
        case .skipped, .unchanged: return nil
        case .verdict, .remote, .local: break
        }
        return line(result)
    }

    private func line(_ result: ScanResult) -> String {
        let path = VisibleText.of(result.path.bytes)
        let rest =
            switch result.outcome {
            case .verdict(let judgement): line(judgement.outcome)
            case .remote(let error): notScanned(error.error.word)
            case .local(let fault): notScanned(fault.kind)
            case .skipped(let kind): notScanned(kind.word)
            case .unchanged: "unchanged"
            }
        return "\(path): \(rest)"
    }

    private func line(_ outcome: Judgement.Outcome) -> String {
        switch outcome {
        case .clean: style.green("OK")
        case .infected(let name): style.red("\(VisibleText.of(name)) FOUND")
        case .notScanned(let reason): notScanned(reason)
        }
    }

    private func notScanned(_ reason: String) -> String {
        style.yellow("\(VisibleText.of(reason)) NOT SCANNED")
    }

    private mutating func explain(_ result: ScanResult) {
        let path = VisibleText.of(result.path.bytes)
        switch result.outcome {
        case .verdict, .unchanged: break
        // JSON has a line of its own for it.
        case .skipped(let kind): if !form.isJSON { remark("\(path): skipped: it is \(kind.description)") }
        case .local(let fault): say("\(path): \(VisibleText.of(fault.message))")
        case .remote(let error):
            say("\(path): \(VisibleText.of(error.error.message))")
            if let hint = error.error.hint, hinted.insert(error.error.word).inserted {
                say("hint: \(VisibleText.of(hint))")
            }
        }
    }
}
