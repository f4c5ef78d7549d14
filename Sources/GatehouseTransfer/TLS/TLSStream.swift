// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import Glibc

/// A TLS connection that its user sees as a plain stream socket.
///
/// The socket is one end of a pair; a thread passes bytes between the other end and the TLS connection, and ends as soon
/// as the user closes its end. What the user reads ends where the connection does, for whatever reason: the protocol
/// that is spoken has to tell a whole answer from one that was cut.
package final class TLSStream: Sendable {
    private let control: TLSRelayControl
    /// Our end, until somebody takes it.
    private let near: Locked<Int32?>

    private init(_ near: Int32, _ control: TLSRelayControl) {
        self.near = Locked(near)
        self.control = control
    }

    deinit {
        close()
    }

    /// Connects and verifies the server, for 10 s or until a time, whichever comes first.
    ///
    /// A cancelled task gets ``TransferError/Code/cancelled`` at once. The thread ends by that time too, whatever is
    /// going on.
    package static func connect(
        to server: TLSServer,
        until: Instant,
        time: any TimeSource
    ) async throws(TransferError) -> TLSStream {
        let (near, far): (Int32, Int32)
        do {
            (near, far) = try StreamSocket.pair()
        } catch {
            throw TransferError(.unavailable, error.description)
        }
        let control = TLSRelayControl()
        let stream = TLSStream(near, control)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard control.await(continuation) else { return Self.discard(far) }
                do throws(SystemError) {
                    try Thread.start("tls") {
                        TLSRelay.run(server, Descriptor(owning: far), until: until, time: time, control)
                    }
                } catch {
                    discard(far)
                    control.connected(.failure(TransferError(.unavailable, error.description)))
                }
            }
        } onCancel: {
            control.connected(.failure(TransferError(.cancelled, TransferError.sentence(for: .cancelled))))
            // The thread sees its end hang up.
            stream.close()
        }
        try result.get()
        return stream
    }

    /// The non-blocking socket, which is the caller's from here on; nil when it was taken before.
    package func takeSocket() -> Descriptor? {
        guard
            let number = near.withLock({ near in
                defer { near = nil }
                return near
            })
        else { return nil }
        return Descriptor(owning: number)
    }

    /// Whether the server sent anything, or ended, before it could have had all that the socket had taken by then.
    package var serverSpokeEarly: Bool { control.serverSpokeEarly }

    private func close() {
        _ = takeSocket()
    }

    private static func discard(_ number: Int32) {
        _ = Descriptor(owning: number)
    }
}

/// What the thread of a ``TLSStream`` tells whoever waits for it.
final class TLSRelayControl: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Result<Void, TransferError>, Never>?
        var result: Result<Void, TransferError>?
        var serverSpokeEarly = false
    }

    private let state = Locked(State())

    var serverSpokeEarly: Bool { state.withLock { $0.serverSpokeEarly } }

    /// Before the user sees anything of it.
    func noteEarlyWord() {
        state.withLock { $0.serverSpokeEarly = true }
    }

    /// False where the result is there already, which the continuation gets then.
    func await(_ continuation: CheckedContinuation<Result<Void, TransferError>, Never>) -> Bool {
        let result = state.withLock { state in
            if state.result == nil { state.continuation = continuation }
            return state.result
        }
        if let result { continuation.resume(returning: result) }
        return result == nil
    }

    /// The first word counts.
    func connected(_ result: Result<Void, TransferError>) {
        let continuation = state.withLock { state in
            defer { state.continuation = nil }
            if state.result == nil { state.result = result }
            return state.continuation
        }
        continuation?.resume(returning: result)
    }
}
