// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// An engine that is used only while it calls no canary clean.
package struct GuardedEngine: WrappingEngine {
    package let engine: any ScanEngine
    private let canaries: CanaryGuard

    /// Guards an engine; those of the canaries that are `accepted` it may call clean.
    package init(_ engine: any ScanEngine, accepting accepted: [Canary], link: EngineLink, readers: ReaderThreads) {
        self.engine = engine
        let loop = link.loop
        canaries = CanaryGuard(accepted: accepted, loop: loop, spawner: link.spawner) {
            await Self.check(engine, readers, loop.time)
        }
    }

    package var standing: EngineStanding? { canaries.standing }

    package var revision: UInt64 { canaries.revision }

    package var paths: (any PathScanEngine)? {
        engine.paths.map { GuardedPaths(engine: $0, canaries: canaries) }
    }

    package func observe(_ observer: @escaping @Sendable () -> Void) {
        canaries.observe(observer)
    }

    /// Tells each change of ``standing``; what observes does not keep the engine.
    package func observeStanding(_ observer: @escaping @Sendable (EngineStanding) -> Void) {
        canaries.observe(as: "standing") { [weak canaries] in
            if let canaries { observer(canaries.standing) }
        }
    }

    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        try await canaries.admit()
        do {
            return try await engine.scan(subject)
        } catch {
            if error.saysEngineIsGone { await canaries.lost() }
            throw error
        }
    }

    /// Has each canary scanned; returns those that were called clean.
    static func check(
        _ engine: any ScanEngine,
        _ readers: ReaderThreads,
        _ time: any TimeSource
    ) async -> Result<[Canary], AntivirusError> {
        var calledClean: [Canary] = []
        let number = UInt64.random(in: 0 ... .max)
        for canary in Canary.allCases {
            let subject = ScanSubject(
                content: .bytes(CanaryFile.bytes(canary, number: number)),
                fileName: canary == .eicar ? "canary.com" : "canary.zip",
                user: ReaderThreads.ownJobs,
                readers: readers,
                traceID: "canary-\(canary.rawValue)",
                deadline: time.now + .seconds(10),
                progress: nil
            )
            do throws(AntivirusError) {
                if try await engine.scan(subject).judgement.verdict == .clean { calledClean.append(canary) }
            } catch {
                guard canary != .eicar, Self.isAnswer(error) else { return .failure(error) }
            }
        }
        return .success(calledClean)
    }

    /// Whether an engine answered, and not with clean: it may fail at a file into which it cannot look.
    ///
    /// A folder for large files that refuses a canary says nothing of the engine, which never saw it.
    private static func isAnswer(_ error: AntivirusError) -> Bool {
        switch error.code {
        case .refused, .failed, .unintelligible: error.isOfTheEngine
        default: false
        }
    }
}

extension AntivirusError {
    /// Whether nobody is where the engine was, or somebody else.
    var saysEngineIsGone: Bool { (code == .unreachable || code == .notTrusted) && isOfTheEngine }

    /// Whether it tells of the engine itself, and not of those that stand before it: whoever gives out tokens, or the
    /// folder where files are left.
    fileprivate var isOfTheEngine: Bool { !["gicar", "dropOff"].contains(upstream?.name ?? "") }
}
