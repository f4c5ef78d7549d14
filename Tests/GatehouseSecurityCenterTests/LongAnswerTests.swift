// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

/// Sixteen answers of 4 MiB, read at once, made the daemon take more than 800 MB.
@Suite(.timeLimit(.minutes(1))) struct LongAnswerTests {
    @Test func `turns are given to users in turn and in order, and who leaves gets none`() {
        var answers = LongAnswers<String>(turns: 2, mostWaitingBytes: 1000)
        #expect(answers.take() == true)
        #expect(answers.take() == true)
        #expect(answers.take() == false)
        for (number, name) in ["a1", "a2", "a3", "a4"].enumerated() {
            answers.wait(name, number: UInt64(number), bytes: 40, of: 1)
        }
        answers.wait("b1", number: 10, bytes: 40, of: 2)
        answers.wait("c1", number: 11, bytes: 40, of: 3)
        answers.wait("c2", number: 12, bytes: 40, of: 3)
        #expect(answers.leave(1, of: 1) == "a2")
        #expect(answers.leave(1, of: 1) == nil)
        #expect(answers.leave(11, of: 2) == nil)
        #expect((0..<6).map { _ in answers.end() } == ["a1", "b1", "c1", "a3", "c2", "a4"])
        #expect(answers.take() == false)
        #expect(answers.end() == nil)
        #expect(answers.take() == true)
    }

    @Test func `what waits has a bound of bytes, and a user has half of it`() {
        var answers = LongAnswers<String>(turns: 1, mostWaitingBytes: 100)
        #expect(answers.take() == true)
        answers.wait("a", number: 1, bytes: 40, of: 1)
        #expect(answers.hasRoom(for: 10, of: 1))
        #expect(!answers.hasRoom(for: 11, of: 1))
        #expect(answers.hasRoom(for: 50, of: 2))
        answers.wait("b", number: 2, bytes: 50, of: 2)
        #expect(answers.hasRoom(for: 10, of: 3))
        #expect(!answers.hasRoom(for: 11, of: 3))
        #expect(answers.leave(1, of: 1) == "a")
        #expect(answers.end() == "b")
        #expect(answers.hasRoom(for: 50, of: 2))
    }

    private func scene() throws -> Scene {
        let scene = try Scene()
        let body = Array("{\"PxgRetVal\":\"\(String(repeating: "a", count: 70_000))\"}".utf8)
        scene.server.onRequest { $0.method == "Where.Am" ? .reply(ServerReply(status: 200, body: body)) : nil }
        return scene
    }

    private func waits(_ scene: Scene) async -> Bool { await !scene.pool.longAnswers.hasRoom(for: 128 << 20, of: 1000) }

    @Test func `a long answer is read when one of those before it has been passed on`() async throws {
        let scene = try scene()
        var first: CallReply? = try await scene.whereAmI()
        let second = try await scene.whereAmI()
        async let third = scene.whereAmI()
        await scene.eventually { await waits(scene) }
        #expect(first?.result.string?.utf8.count == 70_000)
        first = nil
        #expect(try await third.result == second.result)
        #expect(await !waits(scene))
    }

    @Test func `a call that is cancelled before its answer is read has an unknown outcome, and its turn is another's`()
        async throws
    {
        let scene = try scene()
        var kept = [try await scene.whereAmI(), try await scene.whereAmI()]
        let waiting = Task { try await scene.whereAmI() }
        await scene.eventually { await waits(scene) }
        waiting.cancel()
        let error = await #expect(throws: SecurityCenterError.self) { try await waiting.value }
        #expect(error?.code == .cancelled && error?.requestMayHaveLeft == true)
        kept.removeAll()
        for _ in 0..<5 { #expect(try await scene.whereAmI().result.string != nil) }
    }

    @Test(arguments: [false, true])
    func `an answer for which there is no room leaves the call in doubt, unless it may be repeated`(
        isIdempotent: Bool
    ) async throws {
        let scene = try scene()
        await scene.pool.take(LongAnswers(turns: 0, mostWaitingBytes: 100_000))
        let call = Scene.whereCall(isIdempotent: isIdempotent)
        let error = await #expect(throws: SecurityCenterError.self) {
            try await scene.pool.call(server: "main", route: .primary, call, owner: 1000)
        }
        #expect(error?.code == (isIdempotent ? .unavailable : .replyTooLarge))
        #expect(error?.requestMayHaveLeft == true)
        await scene.pool.take(LongAnswers())
        #expect(try await scene.whereAmI().result.string != nil)
    }

    @Test func `answers that are no longer than usual wait for nobody`() async throws {
        let scene = try scene()
        let kept = [try await scene.whereAmI(), try await scene.whereAmI()]
        scene.server.onRequest { _ in nil }
        #expect(try await scene.whereAmI().result == "primary")
        withExtendedLifetime(kept) {}
    }
}

extension GatewayPool {
    fileprivate func take(_ answers: LongAnswers<CheckedContinuation<Bool, Never>>) {
        longAnswers = answers
    }
}
