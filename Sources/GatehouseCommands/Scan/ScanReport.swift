// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseClient
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
    private var output = OutputStream()
    /// Kinds of error whose hint was given.
    private var hinted: Set<String> = []
    private(set) var summary = ScanSummary()

    init(_ form: Form, style: Style) {
        self.form = form
        self.style = style
    }

    /// Whether somebody still takes the output.
    var isWanted: Bool { output.failure == nil }

    mutating func add(_ result: ScanResult) {
        summary.count(result)
        if shows(result) { output.writeLine(form.isJSON ? result.object.text : line(result)) }
        explain(result)
    }

    mutating func addSkipped(_ path: FilePath, _ kind: FileKind) {
        summary.skipped += 1
        if !form.isQuiet { Diagnostics.write("\(VisibleText.of(path.bytes)): skipped: it is \(kind.description)") }
    }

    /// Shows what is finished, before waiting for more.
    mutating func flush() {
        output.flush()
    }

    consuming func finish(elapsed: Duration) throws {
        output.flush()
        if summary.files == 0 { Diagnostics.write("nothing was found to scan") }
        if !form.isQuiet { Diagnostics.writePlain(summary.text(elapsed: elapsed)) }
        let status = summary.status
        try output.finish(status)
    }

    private func shows(_ result: ScanResult) -> Bool {
        guard form.onlyInfected else { return true }
        guard case .verdict(let judgement) = result.outcome, case .infected = judgement.outcome else { return false }
        return true
    }

    private func line(_ result: ScanResult) -> String {
        let path = VisibleText.of(result.path.bytes)
        let rest =
            switch result.outcome {
            case .verdict(let judgement): line(judgement.outcome)
            case .remote(let error): notScanned(error.error.word)
            case .local(let fault): notScanned(fault.kind)
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
        if case .verdict = result.outcome { return }
        // On a terminal the explanation follows its line.
        output.flush()
        let path = VisibleText.of(result.path.bytes)
        switch result.outcome {
        case .verdict: break
        case .local(let fault): Diagnostics.write("\(path): \(VisibleText.of(fault.message))")
        case .remote(let error):
            Diagnostics.write("\(path): \(VisibleText.of(error.error.message))")
            if let hint = error.error.hint, hinted.insert(error.error.word).inserted {
                Diagnostics.write("hint: \(VisibleText.of(hint))")
            }
        }
    }
}
