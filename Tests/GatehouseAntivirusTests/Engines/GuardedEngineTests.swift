// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

@Suite(.timeLimit(.minutes(1))) struct GuardedEngineTests {
    /// An engine that finds the canaries, and fails at every file of a caller's.
    private struct Failing: ScanEngine, PathScanEngine {
        let error: AntivirusError
        let folders = SharedFolders(shared: [], maps: [])

        var paths: (any PathScanEngine)? { self }
        var pacer: PlanPacer? { nil }

        func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
            guard subject.traceID.hasPrefix("canary") else { throw error }
            return .said(.infected, of: nil)
        }

        func scan(
            _ path: SharedPath,
            traceID: String,
            deadline: Instant,
            permit: PlanPermit?
        ) async throws(AntivirusError) -> ScanOutcome {
            throw error
        }
    }

    /// A loop on a thread of its own, which ends with it.
    private final class Scene: Sendable {
        let loop: EventLoop

        init() throws {
            let loop = try EventLoop()
            self.loop = loop
            try Thread.start("loop") { loop.run() }
        }

        deinit {
            let loop = loop
            Task { await LoopEnd(loop).stop() }
        }
    }

    private actor LoopEnd {
        private let loop: EventLoop
        nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

        init(_ loop: EventLoop) { self.loop = loop }

        func stop() { loop.stop() }
    }

    private let scene: Scene
    private let readers: ReaderThreads

    init() throws {
        scene = try Scene()
        readers = try ReaderThreads()
    }

    private func guarded(_ error: AntivirusError) -> GuardedEngine {
        let spawner = TaskSpawner { body in
            let task = Task { await body() }
            return TaskSpawner.Running { task.cancel() }
        }
        let link = EngineLink(loop: scene.loop, spawner: spawner)
        return GuardedEngine(Failing(error: error), accepting: [], link: link, readers: readers)
    }

    private func failure(ofPathsOf engine: GuardedEngine) async throws -> AntivirusError.Code? {
        let path = try #require(SharedPath(folder: "/files2scan/a"))
        do throws(AntivirusError) {
            _ = try await engine.paths?.scan(path, traceID: "t", deadline: scene.loop.time.now, permit: nil)
            return nil
        } catch {
            return error.code
        }
    }

    private func failure(ofFilesOf engine: GuardedEngine) async -> AntivirusError.Code? {
        do {
            _ = try await engine.scan(
                ScanSubject(
                    content: .bytes([1]),
                    fileName: "a",
                    user: 1,
                    readers: readers,
                    traceID: "t",
                    deadline: scene.loop.time.now,
                    progress: nil
                )
            )
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: [AntivirusError.Code.unreachable, .notTrusted, .timedOut, .failed])
    func `an engine that is gone gets its canaries again, whichever way a file took to it`(
        code: AntivirusError.Code
    ) async throws {
        let isGone = [.unreachable, .notTrusted].contains(code)
        let byPath = guarded(AntivirusError(code, "no"))
        #expect(try await failure(ofPathsOf: byPath) == code)
        #expect(byPath.standing?.state == (isGone ? .notChecked : .inService))
        let byUpload = guarded(AntivirusError(code, "no"))
        #expect(await failure(ofFilesOf: byUpload) == code)
        #expect(byUpload.standing?.state == (isGone ? .notChecked : .inService))
    }

    @Test func `who observes anew takes the place of whom there was, and not of the log`() async {
        let engine = guarded(AntivirusError(.unreachable, "no"))
        let notes = Notes()
        engine.observeStanding { notes.add("log \($0.state.rawValue)") }
        engine.observe { notes.add("first") }
        engine.observe { notes.add("second") }
        _ = await failure(ofFilesOf: engine)
        #expect(notes.all.sorted() == ["log inService", "log notChecked", "second", "second"])
    }
}

@Suite(.timeLimit(.minutes(1))) struct EngineAddressTests {
    @Test func `a host is looked up while root's files hang`() async throws {
        let readers = try ReaderThreads(perUser: 1, total: 4)
        let (gate, hangs) = (try Wake(), Locked(true))
        readers.submit(user: 0) {
            gate.await(milliseconds: 20_000)
            hangs.withLock { $0 = false }
        }
        // Longer than any name may be, so that no server is asked.
        let host = EngineAddress.host(String(repeating: "a", count: 300), port: 1)
        #expect(try await host.addresses(readers).isEmpty)
        #expect(hangs.withLock { $0 })
        gate.raise()
        await readers.settled()
    }
}
