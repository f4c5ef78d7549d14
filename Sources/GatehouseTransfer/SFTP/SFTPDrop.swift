// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// A file on an SFTP server.
///
/// What removes it waits until nothing writes it any more, and uses the same connection.
final class SFTPDrop: Drop {
    private static let removalTime = Duration.seconds(20)

    private struct State {
        var isWriting = false
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
                guard isWanted else { return continuation.resume(returning: .failure(Self.cancelled)) }
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
            writer?.resume(returning: .failure(Self.cancelled))
        }
        try result.get()
    }

    private static let cancelled = DropError(.cancelled, "cancelled")

    /// On a thread of the folder's.
    private func write(_ source: UploadSource, until deadline: Instant) {
        let result: Result<Void, DropError>
        do throws(DropError) {
            guard !control.isCancelled else { throw Self.cancelled }
            try parts.gate.pass { () throws(DropError) in
                let session = try SFTPSession(parts.server, time: parts.time, control: control)
                holder.session = session
                try session.upload(source, as: name, within: max(deadline - parts.time.now, .zero) + .seconds(2))
                holder.isWhole = true
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        let (writer, remover) = state.withLock { state in
            defer { (state.writer, state.remover) = (nil, nil) }
            state.isWriting = false
            return (state.writer, state.remover)
        }
        writer?.resume(returning: result)
        remover?.resume()
    }

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
        let result = await withCheckedContinuation { continuation in
            parts.removers.submit(user: ownJobs) { continuation.resume(returning: self.removeNow()) }
        }
        try result.get()
    }

    private func removeNow() -> Result<Void, DropError> {
        // Where no session was made, nothing was sent.
        guard let session = holder.session else { return .success(()) }
        holder.session = nil
        control.restart()
        do throws(DropError) {
            try parts.gate.pass { () throws(DropError) in
                if holder.isWhole {
                    try session.remove(name.text, within: Self.removalTime)
                } else {
                    try session.remove(name, within: Self.removalTime)
                }
            }
            return .success(())
        } catch {
            return .failure(error)
        }
    }
}
