// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehouseClient
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct ClientTests {
    private static func open(_ path: String) throws -> Int32 {
        let number = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        try #require(number >= 0)
        return number
    }

    @Test func `answers find their calls in any order`() async throws {
        let held = Locked<[FakeDaemon.Request]>([])
        let daemon = try FakeDaemon(wrong: .all) { request, peer in
            let all = held.withLock { held in
                held.append(request)
                return held.count == 20 ? held : []
            }
            for request in all.reversed() { peer.answer(request, ["echo": request.parameters]) }
        }
        let client = try await Client.connect(to: daemon.path)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                let value = JSONValue.number(JSONNumber(number))
                group.addTask {
                    let result = try await client.call("m", ["n": value])
                    #expect(result == ["echo": ["n": value]])
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a scan passes its descriptor with its request and reads the verdict`() async throws {
        let daemon = try FakeDaemon { request, peer in
            peer.answer(request, FakeDaemon.verdict(request.files == [Array("hello".utf8)] ? "clean" : "infected"))
        }
        try daemon.folder.write("f", "hello")
        let file = try Self.open(daemon.folder.path("f"))
        let client = try await Client.connect(to: daemon.path)
        let verdict = try await client.scan(descriptor: file, name: "f", profile: "pro", deadline: .seconds(3))
        _ = close(file)
        #expect(verdict.verdict == .clean)
        #expect(
            daemon.requests.first?.parameters
                == ["file": ["fd": 0], "name": "f", "profile": "pro", "deadlineMs": 3000]
        )
    }

    @Test func `the descriptors of a large request go with its first bytes`() async throws {
        let daemon = try FakeDaemon(wrong: .all) { request, peer in
            peer.answer(request, .number(JSONNumber(request.files.count)))
        }
        try daemon.folder.write("f", "hello")
        let file = try Self.open(daemon.folder.path("f"))
        let client = try await Client.connect(to: daemon.path)
        let large = JSONValue.string(String(repeating: "x", count: 800_000))
        #expect(try await client.call("m", ["x": large], descriptors: [file, file, file]) == 3)
        _ = close(file)
    }

    @Test func `a descriptor that is not open is refused here`() async throws {
        let daemon = try FakeDaemon(wrong: .all) { request, peer in peer.answer(request, true) }
        let client = try await Client.connect(to: daemon.path)
        await #expect(throws: ClientError.self) { try await client.call("m", [:], descriptors: [-1]) }
        #expect(try await client.call("m") == true)
        #expect(daemon.requests.count == 1)
    }

    @Test func `more descriptors than a message carries fail their call alone`() async throws {
        let daemon = try FakeDaemon(wrong: .all) { request, peer in peer.answer(request, true) }
        try daemon.folder.write("f", "hello")
        let file = try Self.open(daemon.folder.path("f"))
        let client = try await Client.connect(to: daemon.path)
        await #expect(throws: ClientError.cannotSend(reason: "a message carries 253 descriptors at most, not 254")) {
            try await client.call("m", [:], descriptors: [Int32](repeating: file, count: 254))
        }
        _ = close(file)
        #expect(try await client.call("m") == true)
    }

    @Test(arguments: [(Duration.microseconds(1), 1), (.milliseconds(1), 1), (.seconds(1 << 40), 3_600_000)])
    func `a deadline that is nearly over, or very long, is sent as one that the daemon takes`(
        _ deadline: Duration,
        _ milliseconds: Int
    ) async throws {
        let daemon = try FakeDaemon { request, peer in peer.answer(request, FakeDaemon.verdict("clean")) }
        try daemon.folder.write("f", "hello")
        let file = try Self.open(daemon.folder.path("f"))
        let client = try await Client.connect(to: daemon.path)
        _ = try await client.scan(descriptor: file, deadline: deadline)
        _ = close(file)
        #expect(daemon.requests.first?.parameters["deadlineMs"] == .number(JSONNumber(milliseconds)))
    }

    @Test func `more calls than the daemon takes at once wait for their turn, with their descriptors`() async throws {
        let held = Locked<[FakeDaemon.Request]>([])
        let daemon = try FakeDaemon(wrong: .all) { request, peer in
            let pair = held.withLock { held in
                held.append(request)
                defer { if held.count == 2 { held = [] } }
                return held.count == 2 ? held : []
            }
            for request in pair { peer.answer(request, .number(JSONNumber(request.files.count))) }
        }
        try daemon.folder.write("f", "hello")
        let file = try Self.open(daemon.folder.path("f"))
        let client = try await Client.connect(to: daemon.path, requestsAtOnce: 2)
        let answers = await withTaskGroup(of: JSONValue?.self) { group in
            for _ in 0..<6 { group.addTask { try? await client.call("m", [:], descriptors: [file]) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        _ = close(file)
        #expect(answers == [JSONValue?](repeating: 1, count: 6))
    }

    @Test func `an error answer carries what the daemon said`() async throws {
        let daemon = try FakeDaemon(wrong: .requests) { request, peer in
            peer.fail(request, .busy, message: "wait", hint: "later")
        }
        let client = try await Client.connect(to: daemon.path)
        let error = await #expect(throws: ClientError.self) { try await client.status() }
        guard case .remote(let remote)? = error else {
            Issue.record("not a remote error")
            return
        }
        #expect(remote.kind == .busy)
        #expect(remote.code == -32003)
        #expect(remote.hint == "later")
        #expect(remote.requestID == "r-1")
    }

    @Test(arguments: [
        "garbage\n", "{\"jsonrpc\":\"2.0\",\"id\":999,\"result\":1}\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":",
        "", "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"m\"}}\n",
    ])
    func `a fault on the connection ends every waiting call and every later one`(_ bytes: String) async throws {
        let count = Locked(0)
        let daemon = try FakeDaemon(wrong: .all) { _, peer in
            guard
                count.withLock({
                    $0 += 1; return $0
                }) == 3
            else { return }
            peer.send(bytes: Array(bytes.utf8))
            if !bytes.hasSuffix("\n") { peer.close() }
        }
        let client = try await Client.connect(to: daemon.path)
        await withTaskGroup(of: ClientError?.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do throws(ClientError) {
                        _ = try await client.call("m")
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            var errors: [ClientError?] = []
            for await error in group { errors.append(error) }
            #expect(errors.count == 3)
            #expect(errors.allSatisfy { $0 != nil && $0 == errors[0] })
        }
        await #expect(throws: ClientError.self) { try await client.ping() }
    }

    @Test func `cancelling a task cancels the request and waits for its answer`() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let daemon = try FakeDaemon(wrong: .all) { request, peer in
            if request.method == "$/cancelRequest" {
                let id = request.parameters["id"] ?? .null
                peer.send([
                    "jsonrpc": "2.0", "id": id,
                    "error": ["code": -32001, "message": "cancelled", "data": ["kind": "cancelled"]],
                ])
            } else if request.method == "wait" {
                arrived.yield()
            } else {
                peer.answer(request, true)
            }
        }
        let client = try await Client.connect(to: daemon.path)
        let call = Task { try await client.call("wait") }
        for await _ in arrivals { break }
        call.cancel()
        let result = await call.result
        #expect {
            try result.get()
        } throws: { error in
            guard case .remote(let remote)? = error as? ClientError else { return false }
            return remote.kind == .cancelled
        }
        #expect(try await client.call("m") == true)
    }

    /// A clock on which every look is ten seconds later than the one before.
    private final class RushingTime: TimeSource {
        private let looks = Locked<Int64>(0)
        var now: Instant {
            Instant(
                nanoseconds: looks.withLock {
                    $0 += 10; return $0
                } * 1_000_000_000
            )
        }
        var unixTime: Double { 0 }
    }

    @Test func `a cancelled call that gets no answer ends, and the connection goes on`() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let held = Locked<FakeDaemon.Request?>(nil)
        let daemon = try FakeDaemon(wrong: .all) { request, peer in
            switch request.method {
            case "wait":
                held.withLock { $0 = request }
                arrived.yield()
            case "m":
                if let late = held.withLock({ $0 }) { peer.answer(late, "late") }
                peer.answer(request, true)
            default: break
            }
        }
        let client = try await Client.connect(to: SocketPath(daemon.path), time: RushingTime())
        let call = Task { try await client.call("wait") }
        for await _ in arrivals { break }
        call.cancel()
        let result = await call.result
        #expect { try result.get() } throws: { $0 as? ClientError == .cancelled }
        #expect(try await client.call("m") == true)
    }

    @Test func `closing ends the calls that wait`() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let daemon = try FakeDaemon(wrong: .requests) { _, _ in arrived.yield() }
        let client = try await Client.connect(to: daemon.path)
        let call = Task { try await client.call("wait") }
        for await _ in arrivals { break }
        client.close()
        let result = await call.result
        #expect(throws: ClientError.self) { try result.get() }
    }

    @Test func `a client that is gone has closed its connection`() async throws {
        let daemon = try FakeDaemon { request, peer in peer.answer(request, ["pong": true, "version": "9"]) }
        do {
            let client = try await Client.connect(to: daemon.path)
            #expect(try await client.ping().version == "9")
        }
        let next = try await Client.connect(to: daemon.path)
        #expect(try await next.ping().version == "9")
    }

    @Test func `nobody there is told with the path and what to do`() async throws {
        let folder = try TemporaryFolder()
        for (path, word) in [
            (folder.path("none"), "no such socket"), (folder.path("rpc.sock"), "systemctl status gatehouse.socket"),
            (folder.path("admin.sock"), "systemctl status gatehouse-admin.socket"),
            (String(repeating: "x", count: 108), "at most 107"), ("", "empty"),
            (folder.path, "listens"),
        ] {
            let error = await #expect(throws: ClientError.self) { try await Client.connect(to: path) }
            guard case .cannotReach(path, let reason)? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(reason.contains(word))
        }
    }

    @Test func `a path of 107 bytes has an address and one of 108 has none`() throws {
        _ = try SocketPath(bytes: [UInt8](repeating: 0x61, count: 107)).address()
        #expect(throws: ClientError.self) { try SocketPath(bytes: [UInt8](repeating: 0x61, count: 108)).address() }
        #expect(throws: ClientError.self) { try SocketPath(bytes: [0x61, 0]).address() }
    }
}
