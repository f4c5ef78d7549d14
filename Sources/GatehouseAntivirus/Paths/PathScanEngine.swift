// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// What scans a file that it reads from a shared folder itself.
///
/// Whoever calls cancels the task at the deadline.
package protocol PathScanEngine: Sendable {
    /// What callers may name.
    var folders: SharedFolders { get }

    /// Who counts the calls of its plan; nil where there is none.
    var pacer: PlanPacer? { get }

    /// Has the engine read and scan a file; nothing of it passes through here, so no hash is known.
    ///
    /// `permit` is the call of the plan that was counted for it.
    func scan(
        _ path: SharedPath,
        traceID: String,
        deadline: Instant,
        permit: PlanPermit?
    ) async throws(AntivirusError) -> ScanOutcome
}
