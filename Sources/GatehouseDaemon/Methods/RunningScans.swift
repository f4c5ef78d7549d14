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

    private func changed(_ report: ScanReport, _ owner: UInt32) {
        observer.withLock { $0 }?(report, owner)
    }

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
        scans.withLock { $0[requestID] = Scan(report: report, user: user) }
        changed(report, user)
    }

    func sent(_ requestID: String, _ bytes: Int64, of size: Int64?) {
        update(requestID) { report in
            report.state = "sending"
            report.sent = bytes
            report.size = size
        }
    }

    func ended(_ requestID: String, _ outcome: String, size: Int64?) {
        update(requestID) { report in
            report.state = "done"
            report.outcome = outcome
            guard let size else { return }
            report.sent = size
            report.size = size
        }
        scans.withLock { $0[requestID] = nil }
    }

    private func update(_ requestID: String, _ body: (inout ScanReport) -> Void) {
        let scan = scans.withLock { scans -> Scan? in
            guard var scan = scans[requestID] else { return nil }
            body(&scan.report)
            scans[requestID] = scan
            return scan
        }
        if let scan { changed(scan.report, scan.user) }
    }
}
