// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// The counts of a run, which also decide its exit code.
package struct ScanSummary: Equatable, Sendable {
    package var clean = 0
    package var infected = 0
    package var notScanned = 0
    package var skipped = 0
    /// Clean in an earlier run and the same since.
    package var unchanged = 0
    /// Whether something beside the scans went wrong.
    package var hasFailed = false
    /// The bytes of the files that the daemon judged; of those that only the engine read, what it counted.
    package var bytes: Int64 = 0

    /// How many files were infected with what, by the names in their lines.
    package private(set) var threats: [String: Int] = [:]
    /// Infected files whose threat is not in the list.
    package private(set) var otherThreats = 0

    /// Names that the list holds: who sends thousands of different ones gets no more memory for it.
    package static let maximumThreats = 1000
    /// Names that are shown.
    package static let shownThreats = 50

    /// All zero.
    package init() {}

    /// Counts one result.
    package mutating func count(_ result: ScanResult) {
        switch result.outcome {
        case .skipped: skipped += 1
        case .unchanged: unchanged += 1
        case .local, .remote: notScanned += 1
        case .verdict(let judgement):
            bytes = bytes.addingReportingOverflow(size(of: result, judgement)).partialValue
            count(judgement.outcome)
        }
    }

    private func size(of result: ScanResult, _ judgement: Judgement) -> Int64 {
        guard result.size == 0, judgement.object["size"] == .null else { return result.size }
        return max(judgement.object["bytesScanned"]?.integer ?? 0, 0)
    }

    private mutating func count(_ outcome: Judgement.Outcome) {
        switch outcome {
        case .clean: clean += 1
        case .notScanned: notScanned += 1
        case .infected(let name):
            infected += 1
            if threats[name] != nil || threats.count < Self.maximumThreats {
                threats[name, default: 0] += 1
            } else {
                otherThreats += 1
            }
        }
    }

    /// Everything that was to be scanned.
    package var files: Int { clean + infected + notScanned }

    /// Infected wins over failed; nothing at all is a failure.
    package var status: ExitStatus {
        if infected > 0 { return .infected }
        return hasFailed || notScanned > 0 || clean + unchanged == 0 ? .failed : .done
    }

    /// The lines for people.
    package func text(elapsed: Duration) -> String {
        let milliseconds = elapsed.components.seconds * 1000 + elapsed.components.attoseconds / 1_000_000_000_000_000
        let fraction = String(String(1000 + milliseconds % 1000).dropFirst())
        return """
            ----------- SCAN SUMMARY -----------
            Files: \(files)
            Infected: \(infected)
            Not scanned: \(notScanned)
            Skipped: \(skipped)\(unchanged > 0 ? "\nUnchanged: \(unchanged)" : "")
            Bytes: \(bytes)
            Seconds: \(milliseconds / 1000).\(fraction)
            Rate: \(rate(elapsed))\(threatLines)
            """
    }

    private func rate(_ elapsed: Duration) -> String {
        guard let bytes = ByteText.rate(bytes, in: elapsed),
            let files = ByteText.perSecond(Int64(files), in: elapsed)
        else { return "-" }
        return "\(bytes), \(files) files/s"
    }

    /// The most frequent first; each with the line end before it.
    private var threatLines: String {
        let sorted = threats.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let lines = sorted.prefix(Self.shownThreats).map { "Threat: \($0.value) \(VisibleText.of($0.key))" }
        let rest = sorted.dropFirst(Self.shownThreats).reduce(otherThreats) { $0 + $1.value }
        return (lines + (rest > 0 ? ["Threat: \(rest) of other names"] : [])).map { "\n\($0)" }.joined()
    }
}
