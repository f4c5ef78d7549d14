// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

@testable import GatehouseAntivirus

/// The cache with files that change under it.
struct CachingEngineTests {
    private static let malware = "this stands for malware"
    private let readers: ReaderThreads
    private let time = StillTime()
    private let path: String
    private let scans = Notes()

    init() throws {
        readers = try ReaderThreads()
        path = "/tmp/gatehouse-cache-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    }

    /// Scans by what it reads itself, after `before` has had its way with the file.
    private func engine(
        _ before: @escaping @Sendable (Int) async throws(AntivirusError) -> Void = { _ in }
    ) -> CachingEngine {
        let scans = scans
        let played = PlayedEngine { (subject) async throws(AntivirusError) in
            scans.add(subject.traceID)
            try await before(scans.all.count)
            guard case .passed(let file) = subject.content,
                let digest = try? await UploadDigest.read(FileAccess(file), user: 0, readers: subject.readers)
            else { throw AntivirusError(.fileUnreadable, "no file") }
            return .said(digest == UploadDigest(of: Array(Self.malware.utf8)) ? .infected : .clean, of: digest)
        }
        return CachingEngine(played, lifetime: .seconds(60), capacity: 10, time: time)
    }

    private func write(_ text: String) { Self.write(path, text) }

    private static func write(_ path: String, _ text: String) {
        let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
        close(number)
    }

    private func subject(_ trace: String = "one", user: uid_t = 0, name: String = "a") -> ScanSubject {
        let file = PassedFile(owning: open(path, O_RDONLY | O_CLOEXEC), user: user, readers: readers)
        return ScanSubject(
            content: .passed(file),
            fileName: name,
            user: user,
            readers: readers,
            traceID: trace,
            deadline: time.now + .seconds(10),
            progress: nil
        )
    }

    @Test func `the same bytes are sent once`() async throws {
        defer { unlink(path) }
        write("harmless")
        let engine = engine()
        let first = try await engine.scan(subject())
        let second = try await engine.scan(subject("two"))
        #expect(!first.isCached && second.isCached)
        #expect(second.judgement.verdict == .clean)
        #expect(second.digest == first.digest)
        write(Self.malware)
        let third = try await engine.scan(subject())
        #expect(third.judgement.verdict == .infected && !third.isCached)
        #expect(try await engine.scan(subject()).isCached)
        #expect(scans.all.count == 2)
    }

    @Test func `a file that is swapped after it was hashed leaves no verdict for what it was`() async throws {
        defer { unlink(path) }
        let path = path
        write(Self.malware)
        let engine = engine { if $0 == 1 { Self.write(path, "harmless") } }
        let swapped = try await engine.scan(subject())
        #expect(swapped.judgement.verdict == .clean)
        #expect(swapped.digest == UploadDigest(of: Array("harmless".utf8)))
        write(Self.malware)
        let after = try await engine.scan(subject())
        #expect(after.judgement.verdict == .infected)
        #expect(!after.isCached)
    }

    @Test func `a file that is swapped for malware after it was hashed is infected, and clean is not kept`()
        async throws
    {
        defer { unlink(path) }
        let path = path
        write("harmless")
        let engine = engine { if $0 == 1 { Self.write(path, Self.malware) } }
        #expect(try await engine.scan(subject()).judgement.verdict == .infected)
        write("harmless")
        let after = try await engine.scan(subject())
        #expect(after.judgement.verdict == .clean && !after.isCached)
    }

    @Test func `who waits for another's upload takes its verdict only if it was of the same bytes`() async throws {
        defer { unlink(path) }
        let path = path
        let gate = Gate()
        write(Self.malware)
        let swapping = engine { (count) async throws(AntivirusError) in
            guard count == 1 else { return }
            await gate.wait()
            Self.write(path, "harmless")
        }
        async let first = swapping.scan(subject())
        await gate.reached()
        // A file of its own, which hashes as the other one did before the swap.
        let copy = path + ".copy"
        defer { unlink(copy) }
        Self.write(copy, Self.malware)
        let held = PassedFile(owning: open(copy, O_RDONLY | O_CLOEXEC), user: 0, readers: readers)
        var waiting = subject("two")
        waiting.content = .passed(held)
        async let second = swapping.scan(waiting)
        await gate.open()
        #expect(try await first.judgement.verdict == .clean)
        let own = try await second
        #expect(own.judgement.verdict == .infected)
        #expect(!own.isCached)
    }

    @Test func `who waits for another's upload of the same bytes sends nothing`() async throws {
        defer { unlink(path) }
        let gate = Gate()
        write("harmless")
        let engine = engine { (count) async throws(AntivirusError) in
            if count == 1 { await gate.wait() }
        }
        async let first = engine.scan(subject())
        await gate.reached()
        async let second = engine.scan(subject("two"))
        // Whether the second one waits by now or comes after, it is not sent.
        await gate.open()
        #expect(try await !first.isCached)
        #expect(try await second.isCached)
        #expect(scans.all == ["one"])
    }

    @Test func `where who is waited for leaves, one of those who wait takes its place`() async throws {
        defer { unlink(path) }
        let gate = Gate()
        write("harmless")
        let engine = engine { (count) async throws(AntivirusError) in
            guard count == 1 else { return }
            await gate.wait()
            throw AntivirusError(.cancelled, "cancelled")
        }
        let subjects = (1...5).map { subject("\($0)") }
        let leaving = subject("leaves")
        let first = Task { try await engine.scan(leaving) }
        await gate.reached()
        let outcomes = try await withThrowingTaskGroup(of: ScanOutcome.self) { group in
            for subject in subjects { group.addTask { try await engine.scan(subject) } }
            // Whether they wait by now or come after, one is sent.
            for _ in 0..<10_000 { await Task.yield() }
            await gate.open()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        await #expect(throws: AntivirusError.self) { _ = try await first.value }
        #expect(outcomes.count { !$0.isCached } == 1)
        #expect(outcomes.allSatisfy { $0.judgement.verdict == .clean })
        #expect(scans.all.count == 2)
    }

    @Test func `another user's upload is not waited for`() async throws {
        defer { unlink(path) }
        let gate = Gate()
        write("harmless")
        let engine = engine { (count) async throws(AntivirusError) in
            if count == 1 { await gate.wait() }
        }
        async let hanging = engine.scan(subject())
        await gate.reached()
        #expect(try await !engine.scan(subject("two", user: 1)).isCached)
        await gate.open()
        _ = try await hanging
    }

    @Test func `an upload that fails leaves its waiters to themselves, and nothing behind`() async throws {
        defer { unlink(path) }
        write("harmless")
        let engine = engine { (count) async throws(AntivirusError) in
            if count == 1 { throw AntivirusError(.unreachable, "down") }
        }
        await #expect(throws: AntivirusError.self) { try await engine.scan(subject()) }
        let second = try await engine.scan(subject())
        #expect(second.judgement.verdict == .clean && !second.isCached)
    }

    @Test func `bytes in a message have their verdict too, and files that only the engine reads have none`()
        async throws
    {
        let digest = UploadDigest(of: [1, 2, 3])
        let scans = scans
        for (told, kept) in [(digest, true), (nil, false)] {
            let played = PlayedEngine { (_) async throws(AntivirusError) in
                scans.add("scan")
                return .said(.clean, of: told)
            }
            let engine = CachingEngine(played, lifetime: .seconds(60), capacity: 10, time: time)
            write("")
            var bytes = subject()
            unlink(path)
            bytes.content = .bytes([1, 2, 3])
            _ = try await engine.scan(bytes)
            #expect(try await engine.scan(bytes).isCached == kept)
        }
        #expect(scans.all.count == 3)
    }
}

/// Where one task waits until another lets it go on.
private actor Gate {
    private var isOpen = false
    private var isReached = false
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var watching: [CheckedContinuation<Void, Never>] = []

    func wait() async {
        isReached = true
        for continuation in watching { continuation.resume() }
        watching = []
        guard !isOpen else { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func reached() async {
        guard !isReached else { return }
        await withCheckedContinuation { watching.append($0) }
    }

    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
