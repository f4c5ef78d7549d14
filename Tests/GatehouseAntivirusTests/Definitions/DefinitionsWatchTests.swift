// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

struct DefinitionsWatchTests {
    private let time = StillTime()
    private let notes = Notes()

    private func watch(_ warn: Int?, _ refuse: Int?) -> DefinitionsWatch {
        DefinitionsWatch(DefinitionsRule(warnAfterDays: warn, refuseAfterDays: refuse), time: time) { [notes] in
            notes.add($0)
        }
    }

    private func engine(_ watch: DefinitionsWatch, says verdict: Judgement.Verdict, by definitions: String?)
        -> any ScanEngine
    {
        AgeCheckedEngine(
            PlayedEngine { _ in .said(verdict, of: nil, definitions: definitions) },
            watch: watch
        )
    }

    private func outcome(
        _ watch: DefinitionsWatch,
        _ verdict: Judgement.Verdict,
        _ definitions: String?
    ) async throws -> Result<Judgement.Verdict, AntivirusError> {
        let readers = try ReaderThreads()
        let subject = ScanSubject(
            content: .bytes([]),
            fileName: "a",
            user: 0,
            readers: readers,
            traceID: "t",
            deadline: time.now + .seconds(10),
            progress: nil
        )
        do throws(AntivirusError) {
            return .success(try await engine(watch, says: verdict, by: definitions).scan(subject).judgement.verdict)
        } catch {
            return .failure(error)
        }
    }

    @Test(arguments: [("2024-10-01 rev 1", 83), (nil, nil)] as [(String?, Int?)])
    func `by definitions that are too old, or of unknown age, nothing is clean`(text: String?, days: Int?) async throws
    {
        let watch = watch(nil, 60)
        guard case .failure(let error) = try await outcome(watch, .clean, text) else {
            Issue.record("called clean")
            return
        }
        #expect(error.code == .definitionsTooOld)
        #expect(try await outcome(watch, .infected, text) == .success(.infected))
        #expect(try await outcome(watch, .notScanned, nil) == .success(.notScanned))
        #expect(watch.report?.ageDays == days)
        #expect(watch.report?.state == (days == nil ? .unknown : .tooOld))
        #expect(notes.all.count == 1)
    }

    /// A date ahead of the clock was reported as one that the engine does not tell.
    @Test(arguments: ["2031-01-01 rev 1", "rev 1"])
    func `what an engine says of its definitions is told where it tells no age`(text: String) async throws {
        guard case .failure(let error) = try await outcome(watch(nil, 60), .clean, text) else {
            Issue.record("called clean")
            return
        }
        #expect(error.message.hasSuffix("cannot be told from what it says of them: \(text)"), "\(error.message)")
        #expect(notes.all == [error.message])
    }

    @Test func `old definitions are warned of once a day`() async throws {
        let watch = watch(15, nil)
        #expect(watch.report == nil)
        for _ in 0..<3 { #expect(try await outcome(watch, .clean, "2024-12-03 rev 007") == .success(.clean)) }
        #expect(notes.all == ["the engine's virus definitions are 20 days old"])
        #expect(watch.report?.state == .old)
        time.pass(.seconds(86_400))
        _ = try await outcome(watch, .clean, "2024-12-03 rev 007")
        #expect(notes.all.count == 2)
    }

    @Test func `young definitions, and old ones that nobody minds, are told of and nothing more`() async throws {
        for watch in [watch(15, 60), watch(nil, nil)] {
            #expect(try await outcome(watch, .clean, "2024-12-20 rev 007") == .success(.clean))
            #expect(watch.report == .init(text: "2024-12-20 rev 007", ageDays: 3, state: .current))
        }
        #expect(try await outcome(watch(nil, nil), .clean, "2001-01-01") == .success(.clean))
        #expect(notes.all.isEmpty)
    }
}
