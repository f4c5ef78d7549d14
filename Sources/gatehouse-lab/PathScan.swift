// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import NIOCore
internal import NIOPosix

/// Feeds a file of the share to a scanner, reading on the thread pool and no faster than the scanner takes it.
final class PathScan {
    private let settings: ServiceSettings
    private let eventLoop: any EventLoop
    private let sink: any ScanSink
    private let report: (ScanSummary) -> Void
    private var summary: ScanSummary
    private var isCancelled = false

    init(
        path: String,
        settings: ServiceSettings,
        eventLoop: any EventLoop,
        report: @escaping (ScanSummary) -> Void
    ) {
        self.settings = settings
        self.eventLoop = eventLoop
        self.report = report
        sink = settings.makeSink(on: eventLoop)
        let name = SharedPath.lastComponent(path)
        summary = ScanSummary(fileName: name, bytes: 0, type: "NA", finding: .inaccessible)
        let directory = settings.sharedDirectory
        settings.files.runIfActive(eventLoop: eventLoop) { SharedFile(path, under: directory) }
            .assumeIsolated()
            .whenComplete { result in
                if case .success(let file?) = result { self.readOn(file) } else { self.end() }
            }
    }

    /// Stops; nothing is reported any more.
    func cancel() {
        isCancelled = true
        sink.cancel()
    }

    private func readOn(_ file: SharedFile) {
        guard !isCancelled else { return }
        settings.files.runIfActive(eventLoop: eventLoop) { file.next() }
            .assumeIsolated()
            .whenComplete { result in self.take(result, of: file) }
    }

    private func take(_ result: Result<[UInt8]?, any Error>, of file: SharedFile) {
        guard !isCancelled else { return }
        guard case .success(let bytes?) = result else { return end() }
        guard !bytes.isEmpty else { return finish() }
        if summary.bytes == 0 { summary.type = ProtectionEngine.trueType(firstBytes: bytes.prefix(64)) }
        summary.bytes += bytes.count
        sink.write(bytes[...])
        guard !sink.isReady else { return readOn(file) }
        sink.onReady = { [self] in
            sink.onReady = nil
            readOn(file)
        }
    }

    private func finish() {
        if summary.bytes == 0 { summary.type = "application/octet-stream" }
        sink.finish { finding in
            self.summary.finding = finding
            self.report(self.summary)
        }
    }

    private func end() {
        guard !isCancelled else { return }
        sink.cancel()
        report(summary)
    }
}
