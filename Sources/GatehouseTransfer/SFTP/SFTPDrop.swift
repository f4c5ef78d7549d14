// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// A file on an SFTP server.
///
/// What removes it waits until nothing writes it any more, and uses the same connection; where no login succeeded, it
/// does nothing.
final class SFTPDrop: Drop {
    private static let removalTime = Duration.seconds(20)

    private struct State {
        var isWriting = false
        /// Whether the server may have something of the file: it let us in, and has not removed it.
        var mayBeThere = false
        var wasCancelled = false
        var writer: CheckedContinuation<Result<Void, DropError>, Never>?
        var remover: CheckedContinuation<Void, Never>?
    }

    /// The session, which one job after the other uses.
    // Unchecked: the writing job makes and uses it, and the removing job does when that has ended, which `State` orders.
    private final class Holder: @unchecked Sendable {
        var session: SFTPSession?
        /// Whether the file has its name.
        var isWhole = false
    }

    private let parts: SFTPDropFolder.Parts
    private let name: DropName
    private let control = SFTPControl()
    private let holder = Holder()
    private let state = Locked(State())

    init(_ parts: SFTPDropFolder.Parts, _ name: DropName) {
        self.parts = parts
        self.name = name
    }

    // MARK: Writing

    func put(_ source: UploadSource, user: uid_t, until deadline: Instant) async throws(DropError) {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWanted = state.withLock { state in
                    guard !state.wasCancelled else { return false }
                    state.isWriting = true
                    state.writer = continuation
                    return true
                }
                guard isWanted else { return continuation.resume(returning: .failure(.cancelled)) }
                parts.writers.submit(user: user) { self.write(source, until: deadline) }
            }
        } onCancel: {
            control.cancel()
            let writer = state.withLock { state in
                defer { state.writer = nil }
                state.wasCancelled = true
                return state.writer
            }
            // The job ends in its own time; whoever removes the file waits for that.
            writer?.resume(returning: .failure(.cancelled))
        }
        try result.get()
    }

    /// On a thread of the folder's.
    private func write(_ source: UploadSource, until deadline: Instant) {
        let result: Result<Void, DropError>
        do throws(DropError) {
            guard !control.isCancelled else { throw DropError.cancelled }
            let session = try SFTPSession(parts.server, time: parts.time, control: control)
            holder.session = session
            try parts.gate.pass { () throws(DropError) in
                try session.upload(source, as: name, within: max(deadline - parts.time.now, .zero) + .seconds(2))
                holder.isWhole = true
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        let mayBeThere = holder.session?.mayHaveLoggedIn ?? false
        // Here, not where this object ends: the end of a connection takes time.
        if !mayBeThere { holder.session = nil }
        let (writer, remover) = state.withLock { state in
            defer { (state.writer, state.remover) = (nil, nil) }
            state.isWriting = false
            state.mayBeThere = mayBeThere
            return (state.writer, state.remover)
        }
        writer?.resume(returning: result)
        remover?.resume()
    }

    /// Not looked for: the session has no call that tells one file from another.
    func isUntouched() async throws(DropError) -> Bool { true }

    // MARK: Removing

    func remove() async throws(DropError) {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                guard state.isWriting else { return true }
                state.remover = continuation
                return false
            }
            if isIdle { continuation.resume() }
        }
        guard state.withLock({ $0.mayBeThere }) else { return }
        let result = await withCheckedContinuation { continuation in
            parts.removers.submit(user: ReaderThreads.ownJobs) { continuation.resume(returning: self.removeNow()) }
        }
        try result.get()
    }

    /// Once by the session that wrote the file; after a failure, which may be the connection's, by another one.
    private func removeNow() -> Result<Void, DropError> {
        let writing = holder.session
        holder.session = nil
        control.restart()
        do throws(DropError) {
            if let writing, holder.isWhole {
                // It is logged in: that another login was refused does not stop it.
                try parts.gate.note { () throws(DropError) in try remove(by: writing) }
            } else if let writing {
                try parts.gate.pass { () throws(DropError) in try remove(by: writing) }
            } else {
                let session = try SFTPSession(parts.server, time: parts.time, control: control)
                try parts.gate.pass { () throws(DropError) in try remove(by: session) }
            }
            state.withLock { $0.mayBeThere = false }
            return .success(())
        } catch {
            return .failure(error)
        }
    }

    private func remove(by session: SFTPSession) throws(DropError) {
        if holder.isWhole {
            try session.remove(name.text, within: Self.removalTime)
        } else {
            try session.remove(name, within: Self.removalTime)
        }
    }
}
