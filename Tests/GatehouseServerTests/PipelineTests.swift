// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire
import Testing

@testable import GatehouseServer

/// The stages, their order, and what the audit keeps of them.
@Suite struct PipelineTests {
    /// A clock that goes on by a microsecond whenever somebody looks.
    private final class Clock: TimeSource {
        private let ticks = Locked<Int64>(0)
        var now: Instant {
            let tick = ticks.withLock { ticks in
                ticks += 1
                return ticks
            }
            return Instant(nanoseconds: tick * 1000)
        }
        var unixTime: Swift.Double { 0 }
    }

    private final class Sink: AuditSink {
        let records = Locked<[(record: AuditRecord, isBeginning: Bool)]>([])
        let isFull: Bool

        init(isFull: Bool = false) { self.isFull = isFull }

        func write(_ record: AuditRecord, isBeginning: Bool) -> Bool {
            guard !isFull else { return false }
            records.withLock { $0.append((record, isBeginning)) }
            return true
        }
    }

    private struct Stub: Method {
        let schema: MethodSchema
        var name: String { schema.name }
        let reachesUpstream: Bool
        var isAudited = true
        var failure: APIError?

        func invoke(_ call: MethodCall) throws(APIError) -> Invocation {
            if let failure { throw failure }
            return .finished(["pong": true])
        }
    }

    private func run(
        _ sink: Sink,
        method: String = "ping",
        params: JSONValue? = nil,
        reachesUpstream: Bool = true,
        isAudited: Bool = true,
        failure: APIError? = nil,
        allows: Bool = true,
        includesReads: Bool = false
    ) throws -> Pipeline.Reply? {
        let stub = Stub(
            schema: Ping.schema,
            reachesUpstream: reachesUpstream,
            isAudited: isAudited,
            failure: failure
        )
        let pipeline = Pipeline(
            methods: [stub],
            authorise: Authorise(permission: { _, _ in allows }),
            log: Log(sink, includesReads: includesReads),
            time: Clock()
        )
        let call = IncomingCall(
            method: method,
            params: params,
            files: [],
            peer: PeerIdentity(process: 1, user: 2, group: 3),
            isAdmin: false,
            requestID: RequestID(process: "r", number: 1),
            receivedAt: Instant(nanoseconds: 0),
            progress: { _, _, _ in },
            channel: SilentChannel()
        )
        guard case .finished(let reply) = pipeline.begin(call) else { return nil }
        return reply
    }

    private func stages(_ sink: Sink) -> [String] {
        sink.records.withLock { records in
            records.map { record, isBeginning in
                let entries = record.stages.entries.map { "\($0.stage.rawValue)\($0.isPassed ? "+" : "-")" }
                return entries.joined(separator: " ") + (isBeginning ? " begins" : "")
            }
        }
    }

    @Test func `a call that reaches an upstream is recorded before and after`() throws {
        let sink = Sink()
        #expect(try run(sink)?.isError == false)
        #expect(stages(sink) == ["validate+ authorise+ begins", "validate+ authorise+ log+ invoke+ strip+"])
        let times = sink.records.withLock { $0.last?.record.stages.entries.map(\.time) }
        #expect(times == [Duration](repeating: .microseconds(1), count: 5))
    }

    @Test func `a call that reaches nobody is recorded once`() throws {
        let sink = Sink()
        #expect(try run(sink, reachesUpstream: false)?.isError == false)
        #expect(stages(sink) == ["validate+ authorise+ invoke+ strip+"])
    }

    @Test func `a call that only looks at the daemon is recorded when it fails, or at debug`() throws {
        let sink = Sink()
        #expect(try run(sink, reachesUpstream: false, isAudited: false)?.isError == false)
        #expect(stages(sink) == [])
        #expect(try run(sink, params: ["a": 1], reachesUpstream: false, isAudited: false)?.isError == true)
        #expect(try run(sink, reachesUpstream: false, isAudited: false, includesReads: true)?.isError == false)
        #expect(stages(sink) == ["validate- mapErrors+", "validate+ authorise+ invoke+ strip+"])
    }

    @Test func `each failure stands in its stage`() throws {
        let sink = Sink()
        _ = try run(sink, method: "nothing")
        _ = try run(sink, allows: false)
        _ = try run(sink, failure: APIError(.busy))
        let wanted = [
            "validate- mapErrors+", "validate+ authorise- mapErrors+", "validate+ authorise+ begins",
            "validate+ authorise+ log+ invoke- mapErrors+",
        ]
        #expect(stages(sink) == wanted)
    }

    @Test func `a call that must be audited and cannot be is not made`() throws {
        let sink = Sink(isFull: true)
        guard case .error(let error)? = try run(sink) else {
            Issue.record("it was made")
            return
        }
        #expect(error["data"]?["kind"] == "busy")
        #expect(try run(sink, reachesUpstream: false)?.isError == false)
    }

    @Test func `no name makes a record long`() throws {
        let sink = Sink()
        _ = try run(sink, method: "e" + String(repeating: "\u{301}", count: 100_000))
        #expect(sink.records.withLock { $0.first?.record.method.utf8.count ?? .max } < 300)
    }

    @Test(
        arguments: [
            (nil, false), ([:], false), ([], false), (["a": 1], true), ([1], true), ("x", true), (7, true),
            (["deadlineMs": 0], true),
        ] as [(JSONValue?, Bool)]
    )
    func `params are none, an empty list or an object`(_ params: JSONValue?, _ isError: Bool) throws {
        #expect(try run(Sink(), params: params)?.isError == isError)
    }
}

/// A caller who is told nothing.
private final class SilentChannel: NotificationChannel {
    var isBehind: Bool { false }
    func notify(_ method: String, _ params: JSONValue) {}
    func whenClosed(_ body: @escaping @Sendable () -> Void) {}
}
