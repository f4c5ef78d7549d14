// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

/// Sixteen answers of 4 MiB, read at once, made the daemon take more than 800 MB.
@Suite(.timeLimit(.minutes(1))) struct LongAnswerTests {
    @Test func `turns are given in order, and who leaves gets none`() {
        var answers = LongAnswers<String>(turns: 2, mostWaitingBytes: 100)
        #expect(answers.take() == true)
        #expect(answers.take() == true)
        #expect(answers.take() == false)
        answers.wait("a", number: 1, bytes: 40)
        answers.wait("b", number: 2, bytes: 40)
        answers.wait("c", number: 3, bytes: 20)
        #expect(answers.leave(2) == "b")
        #expect(answers.leave(2) == nil)
        #expect(answers.end() == "a")
        #expect(answers.take() == false)
        #expect(answers.end() == "c")
        #expect(answers.end() == nil)
        #expect(answers.take() == true)
    }

    @Test func `what waits has a bound of bytes`() {
        var answers = LongAnswers<String>(turns: 1, mostWaitingBytes: 100)
        #expect(answers.take() == true)
        #expect(answers.hasRoom(for: 100))
        answers.wait("a", number: 1, bytes: 60)
        #expect(answers.hasRoom(for: 40))
        #expect(!answers.hasRoom(for: 41))
        #expect(answers.leave(1) == "a")
        #expect(answers.hasRoom(for: 100))
        answers.wait("b", number: 2, bytes: 60)
        #expect(answers.end() == "b")
        #expect(answers.hasRoom(for: 100))
    }

    private func scene() throws -> Scene {
        let scene = try Scene()
        let body = Array("{\"PxgRetVal\":\"\(String(repeating: "a", count: 70_000))\"}".utf8)
        scene.server.onRequest { $0.method == "Where.Am" ? .reply(ServerReply(status: 200, body: body)) : nil }
        return scene
    }

    private func waits(_ scene: Scene) async -> Bool { await !scene.pool.longAnswers.hasRoom(for: 128 << 20) }

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

    @Test func `answers that are no longer than usual wait for nobody`() async throws {
        let scene = try scene()
        let kept = [try await scene.whereAmI(), try await scene.whereAmI()]
        scene.server.onRequest { _ in nil }
        #expect(try await scene.whereAmI().result == "primary")
        withExtendedLifetime(kept) {}
    }
}
