// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform

// Reading what servers answer.
extension GatewayPool {
    /// Reads an answer; a long one off the loop, which others wait for, and in its turn.
    ///
    /// With `keepsTurn` the answer has its turn with it, until whoever asked has passed it on.
    func read(
        _ reply: ServerReply,
        of call: MethodCall,
        _ reader: ReplyReader,
        for user: UInt32,
        keepsTurn: Bool
    ) async throws(SecurityCenterError) -> CallReply {
        guard reply.body.count >= LongAnswers<Void>.threshold else { return try reader.read(reply, of: call.method) }
        let turn = try await longAnswerTurn(reply.body.count, call, user)
        // The tasks of the daemon prefer the loop; without another preference the work would stay there.
        let result = await withTaskExecutorPreference(globalConcurrentExecutor) {
            await reader.readElsewhere(reply, of: call.method)
        }
        return try withExtendedLifetime(turn) { () throws(SecurityCenterError) in
            var answer = try result.get()
            if keepsTurn { answer.turn = turn }
            return answer
        }
    }

    private func longAnswerTurn(
        _ bytes: Int,
        _ call: MethodCall,
        _ user: UInt32
    ) async throws(SecurityCenterError) -> LongAnswerTurn {
        guard longAnswers.take() else { return try await waitForTurn(bytes, call, user) }
        return newTurn()
    }

    private func waitForTurn(
        _ bytes: Int,
        _ call: MethodCall,
        _ user: UInt32
    ) async throws(SecurityCenterError) -> LongAnswerTurn {
        guard longAnswers.hasRoom(for: bytes, of: user) else {
            throw SecurityCenterError(
                call.isIdempotent ? .unavailable : .replyTooLarge,
                "too many long answers wait to be read: ask for fewer at a time",
                requestMayHaveLeft: true
            )
        }
        let number = takeNumber()
        let isMine = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(returning: false) }
                longAnswers.wait(continuation, number: number, bytes: bytes, of: user)
            }
        } onCancel: {
            spawner.spawn { await self.leaveLongAnswers(number, user) }
        }
        guard isMine else {
            var error = Self.cancelled
            error.requestMayHaveLeft = true
            throw error
        }
        return newTurn()
    }

    private func leaveLongAnswers(_ number: UInt64, _ user: UInt32) {
        longAnswers.leave(number, of: user)?.resume(returning: false)
    }

    private func newTurn() -> LongAnswerTurn {
        LongAnswerTurn { [self] in spawner.spawn { await self.endTurn() } }
    }

    private func endTurn() {
        longAnswers.end()?.resume(returning: true)
    }
}

extension ReplyReader {
    /// ``read(_:of:)`` on another thread than the caller's.
    @concurrent
    fileprivate func readElsewhere(
        _ reply: ServerReply,
        of method: MethodName
    ) async -> Result<CallReply, SecurityCenterError> {
        Result { () throws(SecurityCenterError) in try read(reply, of: method) }
    }
}
