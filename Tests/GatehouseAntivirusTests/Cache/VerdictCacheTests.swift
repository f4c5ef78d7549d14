// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Testing

@testable import GatehouseAntivirus

struct VerdictCacheTests {
    private let now = Instant(nanoseconds: 1_000_000_000_000)

    private func digest(_ text: String) throws -> UploadDigest { try #require(UploadDigest(of: Array(text.utf8))) }

    private func key(_ text: String, _ name: String = "a") throws -> VerdictCache.Key {
        VerdictCache.Key(try digest(text), fileName: name)
    }

    private func store(
        _ cache: inout VerdictCache,
        _ text: String,
        _ verdict: Judgement.Verdict = .clean,
        _ definitions: String? = "2024-12-03 rev 007",
        at instant: Instant? = nil
    ) throws {
        let outcome = ScanOutcome.said(verdict, of: try digest(text), definitions: definitions)
        cache.store(outcome, fileName: "a", now: instant ?? now)
    }

    @Test(arguments: [(Judgement.Verdict.clean, true), (.infected, true), (.notScanned, false)])
    func `clean and infected are kept`(verdict: Judgement.Verdict, isKept: Bool) throws {
        var cache = VerdictCache(lifetime: .seconds(60), capacity: 10)
        try store(&cache, "x", verdict)
        let found = cache.find(try key("x"), now: now)
        #expect((found != nil) == isKept)
        if isKept {
            #expect(found?.isCached == true)
            #expect(found?.judgement.verdict == verdict)
        }
    }

    @Test func `other bytes and other names have no verdict`() throws {
        var cache = VerdictCache(lifetime: .seconds(60), capacity: 10)
        try store(&cache, "x")
        #expect(cache.find(try key("y"), now: now) == nil)
        #expect(cache.find(try key("x", "b.exe"), now: now) == nil)
    }

    @Test func `what only the engine read, and what has no date, is not kept`() throws {
        var cache = VerdictCache(lifetime: .seconds(60), capacity: 10)
        cache.store(.said(.clean, of: nil), fileName: "a", now: now)
        try store(&cache, "x", .clean, nil)
        #expect(cache.count == 0)
    }

    @Test func `a verdict counts for its time`() throws {
        var cache = VerdictCache(lifetime: .seconds(60), capacity: 10)
        try store(&cache, "x")
        #expect(cache.find(try key("x"), now: now + .seconds(59)) != nil)
        #expect(cache.find(try key("x"), now: now + .seconds(60)) == nil)
        try store(&cache, "y", at: now + .seconds(61))
        #expect(cache.count == 1)
    }

    @Test(arguments: [
        ("2024-12-03 rev 008", false), ("2024-12-04 rev 001", false), ("2024-12-03 rev 010", false),
        ("another form", false), ("2024-12-03 rev 006", true), ("2024-12-02 rev 099", true), ("2024-12-03", true),
    ])
    func `newer definitions make older verdicts void; a node that lags behind does not`(text: String, isKept: Bool)
        throws
    {
        for verdict in [Judgement.Verdict.clean, .notScanned] {
            var cache = VerdictCache(lifetime: .seconds(60), capacity: 10)
            try store(&cache, "x")
            try store(&cache, "y", verdict, text)
            #expect((cache.find(try key("x"), now: now) != nil) == isKept)
            #expect((cache.find(try key("y"), now: now) != nil) == (verdict == .clean && !isKept))
        }
    }

    @Test func `no more are kept than fit, the oldest go first`() throws {
        var cache = VerdictCache(lifetime: .seconds(60), capacity: 100)
        for number in 0..<5000 {
            try store(&cache, "\(number % 700)")
            #expect(cache.count <= 100)
        }
        #expect(cache.find(try key("99"), now: now) != nil)
        #expect(cache.find(try key("0"), now: now) != nil)
        #expect(cache.find(try key("100"), now: now) == nil)
    }

    @Test func `a verdict with long texts is not kept`() throws {
        var cache = VerdictCache(lifetime: .seconds(60), capacity: 10)
        var outcome = ScanOutcome.said(.infected, of: try digest("x"))
        outcome.judgement.threats = Array(
            repeating: Judgement.Threat(name: String(repeating: "v", count: 300)),
            count: 20
        )
        cache.store(outcome, fileName: "a", now: now)
        #expect(cache.count == 0)
    }

    // Each record of what was stored anew stayed until the oldest verdict was forgotten.
    @Test func `what is stored anew and anew takes no more memory`() throws {
        var cache = VerdictCache(lifetime: .seconds(60), capacity: 10)
        try store(&cache, "old")
        for _ in 0..<1000 { try store(&cache, "again") }
        #expect(cache.count == 2)
        #expect(cache.recordCount <= 100)
        #expect(cache.find(try key("old"), now: now) != nil)
        #expect(cache.find(try key("again"), now: now) != nil)
    }
}
