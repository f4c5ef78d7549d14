// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseTransfer

/// Leaves large files in a folder that the engine reads, has them scanned there, and takes them away again.
package struct DropOffScanner: ScanEngine {
    private let files: any ScanEngine
    private let scanner: PathScanner
    private let folder: any DropFolder
    private let remote: SharedPath
    private let threshold: Int64
    private let removals: DropOffRemovals

    /// Leaves files of `threshold` bytes and more.
    ///
    /// They are left in `folder`, which the engine knows as `remote`; `files` scans the
    /// others. What is left over in the folder is removed now.
    package init(
        files: any ScanEngine,
        paths: PathScanner,
        folder: any DropFolder,
        remote: SharedPath,
        threshold: Int64,
        removals: DropOffRemovals
    ) {
        self.files = files
        scanner = paths
        self.folder = folder
        self.remote = remote
        self.threshold = threshold
        self.removals = removals
        removals.removeLeftovers(in: folder)
    }

    package var isPlaintext: Bool { files.isPlaintext }

    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        let source = try await subject.upload()
        // Chunks of which the last is still to come may be many: nobody knows, and the folder takes any number.
        guard source.size.map({ $0 >= threshold }) ?? true else { return try await files.scan(subject) }
        let name = DropName()
        let drop = folder.drop(as: name)
        do throws(AntivirusError) {
            let outcome = try await scan(source, of: subject, drop, name)
            removals.remove(drop)
            return outcome
        } catch {
            removals.remove(drop)
            throw error
        }
    }

    private func scan(
        _ source: UploadSource,
        of subject: ScanSubject,
        _ drop: any Drop,
        _ name: DropName
    ) async throws(AntivirusError) -> ScanOutcome {
        do {
            try await drop.put(source, user: subject.user, until: subject.deadline)
        } catch {
            if case .source(.changedDuringScan) = error.code { return FileScanner.changed(subject.traceID) }
            throw AntivirusError(error)
        }
        let path = remote.appending(name.text)
        let scanned = try await scanner.scan(
            path,
            size: source.size,
            traceID: subject.traceID,
            deadline: subject.deadline
        )
        let judgement = scanned.judgement.naming(path, as: subject.fileName)
        do {
            let digest = try await source.finish()
            return ScanOutcome(judgement: judgement, digest: digest, traceID: scanned.traceID)
        } catch {
            return try FileScanner.unfinished(error, judgement, scanned.traceID ?? subject.traceID)
        }
    }
}

extension Judgement {
    /// The same in the caller's words: our name of the file means nothing to him; the raw answer keeps it.
    func naming(_ path: SharedPath, as fileName: String) -> Judgement {
        let name = path.text.split(separator: "/").last ?? ""
        func renamed(_ text: String?) -> String? {
            text?.replacing(path.text, with: fileName).replacing(name, with: fileName)
        }
        var judgement = self
        judgement.fileScanned = renamed(fileScanned)
        for index in judgement.threats.indices { judgement.threats[index].file = renamed(threats[index].file) }
        return judgement
    }
}

extension AntivirusError {
    /// A file that could not be left for the engine.
    init(_ error: DropError) {
        let code: Code =
            switch error.code {
            case .source(let error): Self(openingFailed: error).code
            case .cancelled: .cancelled
            case .refused: .refused
            case .failed: .failed
            case .unreachable: .unreachable
            case .notTrusted: .notTrusted
            case .wrongCredentials: .wrongCredentials
            case .timedOut: .timedOut
            case .unavailable: .unavailable
            }
        let isFolders = if case .source = error.code { false } else { error.code != .cancelled }
        self.init(code, error.message, upstream: isFolders ? UpstreamAnswer(name: "dropOff") : nil)
    }
}
