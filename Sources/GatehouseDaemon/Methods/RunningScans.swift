// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform

/// The scans that are on their way, for those who follow them.
final class RunningScans: Sendable {
    private struct Scan {
        var report: ScanReport
        let user: UInt32
    }

    private let scans = Locked<[String: Scan]>([:])
    private let observer = Locked<(@Sendable (ScanReport, _ owner: UInt32) -> Void)?>(nil)

    /// Calls the observer with each step from now on, from the thread that made it.
    func observe(_ observer: @escaping @Sendable (ScanReport, _ owner: UInt32) -> Void) {
        self.observer.withLock { $0 = observer }
    }

    private func changed(_ scan: Scan) {
        observer.withLock { $0 }?(scan.report, scan.user)
    }

    /// Whether what is told in a report is over, because its scan has ended since: the end is told by itself.
    func isOver(_ report: ScanReport) -> Bool {
        report.state != Self.done && scans.withLock { $0[report.requestID] == nil }
    }

    private static let done = "done"

    /// A user's scans, or everybody's, the oldest first.
    func all(of user: UInt32?) -> [ScanReport] {
        let reports = scans.withLock { $0.values.filter { user == nil || $0.user == user }.map(\.report) }
        return reports.sorted { ($0.startedAt.description, $0.requestID) < ($1.startedAt.description, $1.requestID) }
    }

    func began(_ requestID: String, profile: String, user: UInt32, at startedAt: Timestamp) {
        let report = ScanReport(
            requestID: requestID,
            profile: profile,
            state: "waiting",
            startedAt: startedAt,
            sent: 0
        )
        let scan = Scan(report: report, user: user)
        scans.withLock { $0[requestID] = scan }
        changed(scan)
    }

    func sent(_ requestID: String, _ bytes: Int64, of size: Int64?) {
        let scan = scans.withLock { scans -> Scan? in
            scans[requestID]?.report.state = "sending"
            scans[requestID]?.report.sent = bytes
            scans[requestID]?.report.size = size
            return scans[requestID]
        }
        if let scan { changed(scan) }
    }

    func ended(_ requestID: String, _ outcome: String, size: Int64?) {
        guard var scan = scans.withLock({ $0.removeValue(forKey: requestID) }) else { return }
        scan.report.state = Self.done
        scan.report.outcome = outcome
        if let size {
            scan.report.sent = size
            scan.report.size = size
        }
        changed(scan)
    }
}
