// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The counts of a run, which also decide its exit code.
package struct ScanSummary: Equatable, Sendable {
    package var clean = 0
    package var infected = 0
    package var notScanned = 0
    package var skipped = 0
    /// The bytes of the files that the daemon judged.
    package var bytes: Int64 = 0

    /// All zero.
    package init() {}

    /// Counts one result.
    package mutating func count(_ result: ScanResult) {
        guard case .verdict(let judgement) = result.outcome else {
            notScanned += 1
            return
        }
        bytes = bytes.addingReportingOverflow(result.size).partialValue
        switch judgement.outcome {
        case .clean: clean += 1
        case .infected: infected += 1
        case .notScanned: notScanned += 1
        }
    }

    /// Everything that was to be scanned.
    package var files: Int { clean + infected + notScanned }

    /// Infected wins over failed; nothing at all is a failure.
    package var status: ExitStatus {
        if infected > 0 { return .infected }
        return notScanned > 0 || clean == 0 ? .failed : .done
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
            Skipped: \(skipped)
            Bytes: \(bytes)
            Seconds: \(milliseconds / 1000).\(fraction)
            """
    }
}
