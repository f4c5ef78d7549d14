// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// What scans a file that it reads from a shared folder itself.
///
/// Whoever calls cancels the task at the deadline.
package protocol PathScanEngine: Sendable {
    /// What callers may name.
    var folders: SharedFolders { get }

    /// Has the engine read and scan a file; nothing of it passes through here, so no hash is known.
    func scan(_ path: SharedPath, traceID: String, deadline: Instant) async throws(AntivirusError) -> ScanOutcome
}
