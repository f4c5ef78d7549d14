// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
package import GatehouseTransfer

/// Leaves large files in a folder that the engine reads, has them scanned there, and takes them away again.
package struct DropOffScanner: ScanEngine {
    private let files: any ScanEngine
    private let scanner: PathScanner
    private let folder: any DropFolder
    private let remote: SharedPath
    private let threshold: Int64
    private let removals: DropOffRemovals
    private let leftovers: LeftoverLooks

    /// As often as admission sends an upload that the gateway refuses.
    private static let mostAttempts = 3

    /// Leaves files of `threshold` bytes and more.
    ///
    /// They are left in `folder`, which the engine knows as `remote`; `files` scans the
    /// others. What is left over in the folder is removed now and hourly.
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
        leftovers = LeftoverLooks(in: folder, removals)
    }

    package var isPlaintext: Bool { files.isPlaintext }

    package var pacer: PlanPacer? { scanner.pacer }

    package var isLoginRefused: Bool { folder.isLoginRefused }

    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        // The size of chunks tells where they go; there is room for a few of them only, and the folder takes any number.
        if case .chunks(let buffer) = subject.content, await !buffer.waitForSize(orBytes: threshold) {
            throw AntivirusError.cancelled
        }
        let source = try await subject.upload()
        guard source.size.map({ $0 >= threshold }) ?? true else { return try await files.scan(subject) }
        leftovers.lookIfDue()
        let name = DropName()
        let drop = folder.drop(as: name)
        do throws(AntivirusError) {
            let outcome = try await scan(source, of: subject, drop, name)
            removals.remove(drop)
            return outcome
        } catch {
            removals.remove(drop)
            var error = error
            // The folder is another host's, or another host reads it.
            error.requestMayHaveLeft = error.requestMayHaveLeft || source.hasBeenTaken
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
        let scanned = try await scan(path, size: source.size, for: subject)
        let judgement = scanned.judgement.naming(path, as: subject.fileName)
        if judgement.verdict == .clean, try await !isUntouched(drop) {
            return FileScanner.changed(scanned.traceID ?? subject.traceID)
        }
        do {
            let digest = try await source.finish()
            var outcome = ScanOutcome(judgement: judgement, digest: digest, traceID: scanned.traceID)
            // Others may write into the folder: that the engine read these bytes is likely, and no proof.
            outcome.mayBeKept = false
            return outcome
        } catch {
            return try FileScanner.unfinished(error, judgement, scanned.traceID ?? subject.traceID)
        }
    }

    private func isUntouched(_ drop: any Drop) async throws(AntivirusError) -> Bool {
        do { return try await drop.isUntouched() } catch { throw AntivirusError(error) }
    }
}

extension DropOffScanner {
    /// Has a file that was left be scanned, and again after a refusal that ends in time: the file need not be left again.
    private func scan(
        _ path: SharedPath,
        size: Int64?,
        for subject: ScanSubject
    ) async throws(AntivirusError) -> ScanOutcome {
        var permit = subject.permit
        var attempt = 1
        while true {
            do throws(AntivirusError) {
                return try await scan(path, size: size, for: subject, permit)
            } catch {
                guard error.code == .rateLimited, let pacer, let wait = error.retryAfter,
                    removals.time.now + wait < subject.deadline
                else { throw error }
                guard attempt < Self.mostAttempts else {
                    // Admission would have the whole file left once more.
                    var last = error
                    last.isTriedOut = true
                    throw last
                }
                attempt += 1
                try await pacer.pause(until: removals.time.now + wait)
                let place = FairPlace(user: subject.user, connection: subject.connection, isBulk: true)
                permit = try await pacer.acquire(place, before: subject.deadline, isReturning: true)
            }
        }
    }

    /// Gives back the call of the plan that was not made.
    private func scan(
        _ path: SharedPath,
        size: Int64?,
        for subject: ScanSubject,
        _ permit: PlanPermit?
    ) async throws(AntivirusError) -> ScanOutcome {
        let (id, deadline) = (subject.traceID, subject.deadline)
        let result: Result<ScanOutcome, AntivirusError>
        do throws(AntivirusError) {
            result = .success(
                try await scanner.scan(path, size: size, traceID: id, deadline: deadline, permit: permit)
            )
        } catch {
            result = .failure(error)
        }
        if let permit { await pacer?.release(permit) }
        return try result.get()
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
