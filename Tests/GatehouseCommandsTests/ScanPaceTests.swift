// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehouseCommands
import GatehousePlatform
import GatehouseWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct ScanPaceTests {
    private static let start = Instant(nanoseconds: 1_000_000_000_000)

    private func refused(_ pace: inout ScanPace, _ slot: Int, inFlight: Int, after: Duration = .seconds(1)) -> Bool {
        pace.refused(slot, for: after, inFlight: inFlight, now: Self.start)
    }

    @Test func `without a refusal as many are in flight as are wanted`() {
        let pace = ScanPace(maximum: 3, patience: .seconds(10))
        #expect((0..<5).map { pace.mayBegin(inFlight: $0) } == [true, true, true, false, false])
        #expect(!pace.isWaiting && pace.wait(inFlight: 0, now: Self.start) == nil)
    }

    @Test func `what was refused comes first, in its order, after its time, and as one of fewer`() {
        var pace = ScanPace(maximum: 8, patience: .seconds(10))
        let areKept = [5, 4].map { refused(&pace, $0, inFlight: 3) }
        #expect(areKept == [true, true])
        #expect(!pace.mayBegin(inFlight: 0))
        var due = [pace.takeDue(inFlight: 2, now: Self.start)]
        #expect(pace.wait(inFlight: 2, now: Self.start) == .seconds(1))
        let later = Self.start + .seconds(1)
        due.append(pace.takeDue(inFlight: 3, now: later))
        #expect(pace.wait(inFlight: 3, now: later) == nil)
        #expect(pace.wait(inFlight: 2, now: later) == .zero)
        for _ in 0..<2 { due.append(pace.takeDue(inFlight: 2, now: later)) }
        #expect(due == [nil, nil, 4, 5])
        #expect(pace.mayBegin(inFlight: 2) && !pace.mayBegin(inFlight: 3))
    }

    @Test func `one is tried where none is in flight, and answers let there be more again`() {
        var pace = ScanPace(maximum: 4, patience: .seconds(10))
        _ = refused(&pace, 0, inFlight: 0)
        pace.forgetWaiting()
        var limits: [Int] = []
        for _ in 0..<12 {
            limits.append((0..<9).first { !pace.mayBegin(inFlight: $0) } ?? 9)
            pace.answered()
        }
        #expect(limits == [1, 2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4])
    }

    @Test func `a file is given up where nothing is answered for as long as the daemon may take, and no earlier`() {
        var pace = ScanPace(maximum: 4, patience: .seconds(10))
        var areKept = [10, 9].map { refused(&pace, 0, inFlight: 1, after: .seconds($0)) }
        let later = Self.start + .seconds(6)
        areKept.append(pace.refused(1, for: .seconds(5), inFlight: 1, now: later))
        pace.answered()
        areKept.append(pace.refused(1, for: .seconds(5), inFlight: 1, now: later))
        // However long ago the last answer was: standard input may take its time.
        #expect(areKept == [false, true, false, true])
    }

    /// Most of a folder was once not scanned, because the daemon takes fewer at once than the program sent.
    @Test func `what a busy daemon refuses is sent again until it is taken`() throws {
        let refused = Locked<[String]>([])
        let scene = try Scene { request, peer in
            let name = request.parameters["name"]?.string ?? ""
            let isNew = refused.withLock { refused in
                defer { if !refused.contains(name) { refused.append(name) } }
                return !refused.contains(name)
            }
            guard isNew else { return Scene.judge(request, peer) }
            let error = APIError(.busy, "too much", retryAfterMilliseconds: 20)
            peer.send(["jsonrpc": "2.0", "id": request.id, "error": error.json(requestID: "r")])
        }
        try scene.folder.makeFolder("d")
        for number in 0..<60 { try scene.folder.write("d/\(number)", number == 31 ? "bad" : "ok") }
        let result = try scene.scan("-r", "-j", "16", "-q", scene.path("d"))
        #expect(result.lines.count { $0.hasSuffix(": OK") } == 59 && result.lines.count == 60)
        #expect(result.status == 1)
        #expect(refused.withLock { $0.count } == 60)
    }

    /// The time began anew with each file that was given up: a folder took minutes for every file of it.
    @Test func `a daemon that is always busy is waited for once and not for each file`() throws {
        let requests = Locked(0)
        let scene = try Scene { request, peer in
            requests.withLock { $0 += 1 }
            // So long that one wait is all the time there is.
            let error = APIError(.busy, "no plan", retryAfterMilliseconds: 8000)
            peer.send(["jsonrpc": "2.0", "id": request.id, "error": error.json(requestID: "r")])
        }
        try scene.folder.makeFolder("d")
        for number in 0..<9 { try scene.folder.write("d/\(number)", "ok") }
        let result = try scene.scan("-r", "-j", "3", "--timeout", "1", "-q", scene.path("d"))
        #expect(result.lines.count == 9 && result.lines.allSatisfy { $0.hasSuffix("busy NOT SCANNED") })
        #expect(result.status == 2)
        #expect(requests.withLock { $0 } <= 12)
    }

    @Test func `a daemon that stays busy for longer than the time is told of`() throws {
        let scene = try Scene { request, peer in
            let error = APIError(.busy, "no plan", retryAfterMilliseconds: 3_000_000)
            peer.send(["jsonrpc": "2.0", "id": request.id, "error": error.json(requestID: "r")])
        }
        try scene.folder.write("a", "ok")
        let result = try scene.scan(scene.path("a"))
        #expect(result.lines == ["\(scene.path("a")): busy NOT SCANNED"])
        #expect(result.status == 2 && result.errors.contains("no plan"))
    }
}
