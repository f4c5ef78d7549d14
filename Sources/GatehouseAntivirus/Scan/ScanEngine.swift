// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What scans a file: the Antivirus API, clamd, an ICAP server.
///
/// Whoever calls cancels the task at the subject's deadline. An engine that cannot tell throws, or answers
/// `notScanned`: it never answers clean for what was not scanned.
package protocol ScanEngine: Sendable {
    /// Whether files travel in clear text to another host.
    var isPlaintext: Bool { get }

    /// What scans files that the engine reads itself; nil where it cannot.
    var paths: (any PathScanEngine)? { get }

    /// Scans what a caller handed over.
    func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome
}

extension ScanEngine {
    /// Encrypted, or on this host.
    package var isPlaintext: Bool { false }

    /// Only what it is handed.
    package var paths: (any PathScanEngine)? { nil }
}
