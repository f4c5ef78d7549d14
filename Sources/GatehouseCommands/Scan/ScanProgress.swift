// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// How far a run is: what was found so far, and what of it is done.
package struct ScanProgress: Equatable, Sendable {
    package var filesFound = 0
    package var filesDone = 0
    package var bytesFound: Int64 = 0
    package var bytesDone: Int64 = 0
    /// Whether everything was found, so that there is a whole to be a part of.
    package var isComplete = false

    /// Nothing yet.
    package init() {}

    /// Counts a file that was found.
    package mutating func find(_ size: Int64) {
        filesFound += 1
        bytesFound = bytesFound.addingReportingOverflow(size).partialValue
    }

    /// Counts a file that is done.
    package mutating func finish(_ size: Int64) {
        filesDone += 1
        bytesDone = bytesDone.addingReportingOverflow(size).partialValue
    }

    /// The same, with bytes of files that are not done.
    func adding(_ bytes: Int64) -> ScanProgress {
        var sum = self
        sum.bytesDone = bytesDone.addingReportingOverflow(bytes).partialValue
        return sum
    }

    /// The part that is done, 0 to 1; nil while the whole is not known.
    package var fraction: Double? {
        guard isComplete, bytesFound > 0, bytesDone >= 0 else { return nil }
        return min(Double(bytesDone) / Double(bytesFound), 1)
    }
}
