// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What is known about a file.
///
/// Only ``clean`` means that it was scanned and nothing was found. Compare with `==`: everything else is no.
public enum Verdict: String, CaseIterable, Sendable {
    /// The engine scanned the file and found nothing.
    case clean
    /// The engine found something.
    case infected
    /// The engine did not scan the file, or not all of it: nothing is known.
    case notScanned

    /// Reads a daemon's word; one that this version does not know is ``notScanned``.
    public init(word: String) {
        self = Self(rawValue: word) ?? .notScanned
    }
}
