// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Walks through all cells of an engine's servers, and holds each answer against what the servers saw.
///
/// Of each cell: a call while the fault strikes, one more while it lasts, then calls until the daemon has recovered by
/// itself, the last of them with something infected. All cells of a wave call at once, over one connection.
final class FaultMatrix {
    /// What one call came to.
    struct Answer {
        /// The verdict, or the kind of the error.
        let word: String
        let retryAfter: Int64
        let milliseconds: Int64
        let tokens: Int
        let scans: Int
        let message: String
        var summary: String { "\(word) \(tokens)+\(scans) \(milliseconds)ms" }
    }

    private let server: any FaultServer
    private let time = SystemTime()
    private var client: WireClient
    private var calls = 0
    private var lines: [String] = []
    /// Cells whose credentials were called wrong: the daemon waits a quarter of an hour, unless it is started anew.
    private(set) var stopped: [FaultCell] = []

    /// `socket` is a daemon's that has all profiles of the server.
    init(_ server: any FaultServer, socket: String) throws {
        self.server = server
        client = try WireClient(socket)
    }

    /// Runs all waves, or the cells whose name has a text in it, and prints the matrix.
    func run(only text: String? = nil) throws {
        for wave in server.waves {
            let cells = wave.cells.filter { cell in text.map { cell.name.contains($0) } ?? true }
            if !cells.isEmpty { try run(FaultWave(cells: cells, deadline: wave.deadline)) }
        }
        print(lines.joined(separator: "\n"))
        print("\(server.engine): \(lines.count) cells, \(calls) calls")
    }

    /// Goes on with a daemon that has been started anew: what was stopped works again.
    func restart(socket: String) throws {
        client = try WireClient(socket)
        try recover(stopped, deadline: 10_000)
    }

    private func run(_ wave: FaultWave) throws {
        let warm = wave.cells.filter(\.isWarm)
        for (cell, answer) in zip(warm, try call(warm, wave.deadline)) {
            #expect(answer.word == "clean", "\(cell.name): \(answer.summary) before any fault")
        }
        for cell in warm { try server.prepare(cell) }
        for cell in wave.cells { try server.turnOn(cell) }
        let first = try call(wave.cells, wave.deadline)
        let lasting = wave.cells.filter(\.isForGood)
        let second = Dictionary(uniqueKeysWithValues: zip(lasting.map(\.profile), try call(lasting, wave.deadline)))
        for cell in wave.cells { try server.turnOff(cell) }
        var recovering: [FaultCell] = []
        for (cell, answer) in zip(wave.cells, first) {
            if cell.isHarmless { #expect(answer.word == "clean", "\(cell.name): \(answer.summary)") }
            let again = second[cell.profile]
            lines.append("\(cell.name): \(answer.summary)" + (again.map { ", \($0.summary)" } ?? ""))
            if answer.word == "wrongCredentials", answer.retryAfter > 60_000 {
                #expect((again?.tokens ?? 0) == 0, "\(cell.name): wrong credentials stop the attempts")
                stopped.append(cell)
            } else {
                recovering.append(cell)
            }
        }
        try recover(recovering, deadline: wave.deadline)
    }

    /// Calls again when the errors say so, until each cell's call is answered as if nothing had ever been wrong.
    private func recover(_ cells: [FaultCell], deadline: Int64) throws {
        var waiting = cells
        var last: [String] = []
        let end = time.now + .seconds(20)
        while !waiting.isEmpty, time.now < end {
            let answers = try call(waiting, deadline)
            let rest = zip(waiting, answers).filter { $0.1.word != "clean" }
            last = rest.map { "\($0.0.name): \($0.1.summary) \($0.1.message)" }
            waiting = rest.map(\.0)
            let wait = rest.map(\.1.retryAfter).min() ?? 0
            // One that asks for longer than this waits at all has not recovered.
            if !rest.isEmpty { pause(milliseconds: min(max(20, wait), 20_000)) }
        }
        #expect(waiting.isEmpty, "not recovered: \(last)")
        for (cell, answer) in zip(cells, try call(cells, deadline, content: eicar)) {
            #expect(answer.word == "infected", "\(cell.name): \(answer.summary) for something infected")
        }
    }

    // MARK: Calls

    /// One call of each cell, all at once; every rule that holds for any call is checked here.
    private func call(_ cells: [FaultCell], _ deadline: Int64, content: String? = nil) throws -> [Answer] {
        let before = counts(try server.requests())
        let started = time.now
        let names = try cells.map { cell in try send(cell, deadline, content) }
        var replies: [Int: (JSONValue, Int64)] = [:]
        for _ in cells {
            let reply = try client.reply()
            guard let id = reply["id"]?.integer else { throw TestFault("a reply without an id: \(reply.text)") }
            replies[Int(id)] = (reply, (time.now - started).wholeMilliseconds)
        }
        let requests = try server.requests()
        let after = counts(requests)
        let cleared = Set(requests.filter(\.saysClean).compactMap(\.fileName))
        return try zip(cells, names).map { cell, sent in
            guard let (reply, milliseconds) = replies[sent.id] else { throw TestFault("no reply for \(cell.name)") }
            let answer = Answer(
                word: reply.verdict ?? reply.errorKind ?? "nothing",
                retryAfter: reply["error"]?["data"]?["retryAfterMs"]?.integer ?? 0,
                milliseconds: milliseconds,
                tokens: (after[cell.profile]?.tokens ?? 0) - (before[cell.profile]?.tokens ?? 0),
                scans: (after[cell.profile]?.scans ?? 0) - (before[cell.profile]?.scans ?? 0),
                message: reply["error"]?["message"]?.string ?? ""
            )
            check(cell, answer, reply, wasCleared: cleared.contains(sent.name), deadline, isInfected: content != nil)
            return answer
        }
    }

    private func check(
        _ cell: FaultCell,
        _ answer: Answer,
        _ reply: JSONValue,
        wasCleared: Bool,
        _ deadline: Int64,
        isInfected: Bool
    ) {
        if answer.word == "clean" {
            #expect(wasCleared && !isInfected, "\(cell.name): clean, and nobody had said so: \(reply.text)")
        }
        // Nothing but trouble with the engine may be told: neither a fault of the caller's nor one of the daemon's.
        let kinds = [
            "clean", "infected", "notScanned", "deadlineExceeded", "busy", "rateLimited", "upstreamUnreachable",
            "upstreamNotTrusted", "upstreamRefused", "upstreamFailed", "upstreamAnswer", "upstreamTimeout",
            "wrongCredentials", "tokenTooLong", "engineFailsOpen",
        ]
        #expect(kinds.contains(answer.word), "\(cell.name): \(reply.text)")
        #expect(answer.milliseconds <= deadline + 2000, "\(cell.name): \(answer.summary), deadline \(deadline) ms")
        #expect(answer.tokens <= server.bound.tokens, "\(cell.name): \(answer.summary)")
        #expect(answer.scans <= server.bound.scans, "\(cell.name): \(answer.summary)")
    }

    private func send(_ cell: FaultCell, _ deadline: Int64, _ content: String?) throws -> (id: Int, name: String) {
        calls += 1
        let name = "\(cell.profile)-\(calls)"
        let call = try server.call(of: cell, name: name, content ?? "\(name)\n" + String(repeating: "x", count: 5000))
        var params = call.params
        params["profile"] = .string(cell.profile)
        params["deadlineMs"] = .number(JSONNumber(Int(deadline)))
        let descriptor = try call.file.map { try open($0) }
        let numbers = descriptor.map { [$0.number] } ?? []
        try client.request(call.method, .object(params), id: .number(JSONNumber(calls)), numbers)
        return (calls, name)
    }

    private func open(_ path: String) throws -> PassedDescriptor {
        let number = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SystemError.current("open") }
        return PassedDescriptor(number)
    }

    private func counts(_ requests: [FaultRequest]) -> [String: (tokens: Int, scans: Int)] {
        requests.reduce(into: [:]) { counts, request in
            var count = counts[request.profile] ?? (0, 0)
            if request.isScan { count.scans += 1 } else { count.tokens += 1 }
            counts[request.profile] = count
        }
    }
}

/// An open file until the kernel has a reference of its own.
private final class PassedDescriptor {
    let number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }
}

extension FaultCell {
    fileprivate var name: String { "\(step) \(fault) \(isForGood ? "for good" : "once")" }
}
