// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What scans a file: the Antivirus API, clamd, an ICAP server.
///
/// Whoever calls cancels the task at the subject's deadline. An engine that cannot tell throws, or answers
/// `notScanned`: it never answers clean for what was not scanned.
package protocol ScanEngine: Sendable {
    /// Whether files travel in clear text to another host.
    var isPlaintext: Bool { get }

    /// Who counts the calls of its plan; nil where there is none.
    var pacer: PlanPacer? { get }

    /// What its canaries showed; nil where it gets none.
    var standing: EngineStanding? { get }

    /// Counts the changes of ``standing``.
    var revision: UInt64 { get }

    /// Calls the observer after each change of ``standing`` from now on, on the loop, in the place of the one before.
    func observe(_ observer: @escaping @Sendable () -> Void)

    /// What scans files that the engine reads itself; nil where it cannot.
    var paths: (any PathScanEngine)? { get }

    /// Who looks at the age of its definitions; nil where nobody does.
    var definitions: DefinitionsWatch? { get }

    /// Whether a login of its own, beside those for tokens, was refused the last time.
    var isLoginRefused: Bool { get }

    /// Scans what a caller handed over.
    func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome
}

extension ScanEngine {
    /// Encrypted, or on this host.
    package var isPlaintext: Bool { false }

    /// Nobody minds.
    package var definitions: DefinitionsWatch? { nil }

    /// As many scans as anybody likes.
    package var pacer: PlanPacer? { nil }

    /// It gets no canaries.
    package var standing: EngineStanding? { nil }

    /// Nothing changes.
    package var revision: UInt64 { 0 }

    /// There is nothing to observe.
    package func observe(_ observer: @escaping @Sendable () -> Void) {}

    /// It logs in nowhere.
    package var isLoginRefused: Bool { false }

    /// Only what it is handed.
    package var paths: (any PathScanEngine)? { nil }
}
