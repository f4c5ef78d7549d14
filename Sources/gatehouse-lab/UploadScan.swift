// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import NIOCore

/// Feeds the file of one form to a scanner as the form arrives.
final class UploadScan {
    private var receiver: UploadReceiver
    private let sink: any ScanSink

    /// `onReady` is called when the scanner takes more again.
    init(
        _ receiver: UploadReceiver,
        settings: ServiceSettings,
        eventLoop: any EventLoop,
        onReady: @escaping () -> Void
    ) {
        self.receiver = receiver
        sink = settings.makeSink(on: eventLoop)
        sink.onReady = onReady
    }

    /// Whether the scanner wants more now.
    var isReady: Bool { sink.isReady }

    /// The file's name, once it has come.
    var fileName: String? { receiver.fileName }

    /// Takes the next piece of the form.
    func consume(_ piece: [UInt8]) throws(MultipartParser.Fault) {
        for slice in try receiver.consume(piece) { sink.write(slice) }
    }

    /// Says that the form is complete; the outcome comes exactly once, unless this is cancelled.
    func finish(_ report: @escaping (UploadOutcome) -> Void) {
        guard (try? receiver.finish()) != nil else { return report(.malformed) }
        guard let fileName = receiver.fileName else { return report(.missing) }
        let bytes = receiver.fileBytes
        let type = ProtectionEngine.trueType(firstBytes: receiver.firstBytes)
        sink.finish { finding in
            report(.scanned(ScanSummary(fileName: fileName, bytes: bytes, type: type, finding: finding)))
        }
    }

    /// Stops; nothing is reported any more.
    func cancel() {
        sink.cancel()
    }
}
