// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CCurl
import GatehousePlatform

/// What other threads want of the engine's thread, and the way to wake it.
final class EngineMailbox: Sendable {
    enum Message: Sendable {
        case start(TransferCall)
        case cancel(UInt64)
        /// An upload that paused has bytes.
        case resume(UInt64)
        /// A connection that one caller alone uses.
        case open(UInt64)
        case close(UInt64)
        case shutDown
    }

    private struct State {
        var messages: [Message] = []
        /// Nil before the first message and once the box is closed.
        var multi: MultiHandle?
        /// Set by the engine's thread, which takes nothing any more.
        var isClosed = false
        var isWoken = false
        /// Set by `shutDown`: requests that come later than that are refused, not cancelled.
        var isShutDown = false
        var lastId: UInt64 = 0
    }

    let time: any TimeSource
    private let state = Locked(State())
    /// Where the engine's thread waits before it has a handle.
    private let parked = ParkedThread()

    init(time: any TimeSource) {
        self.time = time
    }

    func nextId() -> UInt64 {
        state.withLock { state in
            state.lastId &+= 1
            return state.lastId
        }
    }

    /// False when the engine is shut down; nothing happens then.
    @discardableResult
    func post(_ message: Message) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            switch message {
            case .start: guard !state.isShutDown else { return false }
            case .shutDown: state.isShutDown = true
            case .cancel, .resume, .open, .close: break
            }
            state.messages.append(message)
            // Under the lock, so that the handle is not freed meanwhile; it writes one byte into a pipe of its own.
            if !state.isWoken {
                if let multi = state.multi { multi.wake() } else { parked.wake() }
            }
            state.isWoken = true
            return true
        }
    }

    var isShutDown: Bool { state.withLock { $0.isShutDown } }

    /// Waits for a message where there is no handle yet; for the engine's thread.
    func waitForFirst() {
        parked.wait()
    }

    /// From here on messages wake this handle; for the engine's thread.
    func attach(_ multi: MultiHandle) {
        state.withLock { $0.multi = multi }
    }

    /// That handle is not to be used any more; what has come in since waits for another; for the engine's thread.
    func detach() {
        state.withLock { state in
            state.multi = nil
            if state.isWoken { parked.wake() }
        }
    }

    /// Takes what has come in; for the engine's thread.
    func take() -> [Message] {
        state.withLock { state in
            state.isWoken = false
            defer { state.messages = [] }
            return state.messages
        }
    }

    /// Takes what has come in and refuses everything from here on; for the engine's thread.
    func close() -> [Message] {
        state.withLock { state in
            state.isClosed = true
            state.multi = nil
            defer { state.messages = [] }
            return state.messages
        }
    }
}
