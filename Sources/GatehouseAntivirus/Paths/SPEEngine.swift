// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// One account of the Antivirus API in every way that it scans.
package struct SPEEngine: ScanEngine {
    private let files: any ScanEngine
    private let pathScanner: PathScanner

    /// Uploads files, and names files of the share.
    package init(files: any ScanEngine, paths: PathScanner) {
        self.files = files
        pathScanner = paths
    }

    package var isPlaintext: Bool { files.isPlaintext }

    package var pacer: PlanPacer? { files.pacer }

    package var paths: (any PathScanEngine)? { pathScanner }

    package var isLoginRefused: Bool { files.isLoginRefused }

    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        try await files.scan(subject)
    }
}
