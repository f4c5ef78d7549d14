// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab

/// A scanner that is fed one file; used on one event loop only.
protocol ScanSink: AnyObject {
    /// Whether it wants more now; `onReady` tells when it does again.
    var isReady: Bool { get }
    /// Called when `isReady` has become true again.
    var onReady: (() -> Void)? { get set }
    /// Takes the next bytes of the file.
    func write(_ bytes: ArraySlice<UInt8>)
    /// Says that the file is complete; the finding comes exactly once, unless it is cancelled.
    func finish(_ report: @escaping (ScanFinding) -> Void)
    /// Stops; nothing is reported any more.
    func cancel()
}

/// The lab's own scanner, which knows one signature.
final class SignatureSink: ScanSink {
    var isReady: Bool { true }
    var onReady: (() -> Void)?
    private var matcher = SignatureMatcher()

    func write(_ bytes: ArraySlice<UInt8>) {
        matcher.consume(bytes)
    }

    func finish(_ report: @escaping (ScanFinding) -> Void) {
        report(matcher.isFound ? .infected(name: "EICAR Test String", id: "11101") : .clean)
    }

    func cancel() {}
}
