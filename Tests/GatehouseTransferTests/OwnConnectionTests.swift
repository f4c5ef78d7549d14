// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Testing

/// A connection that the server has logged in must be used by one caller alone, and never be replaced silently.
@Suite(.timeLimit(.minutes(2))) struct OwnConnectionTests {
    let server: LoopbackServer
    let engine: TransferEngine

    init() throws {
        server = try LoopbackServer.shared.get()
        engine = try TransferEngine()
    }

    private func connectionNumber(_ response: TransferResponse) throws -> Int { try Echo(response).connection }

    @Test func `all requests go over one connection, and nobody else's do`() async throws {
        let own = engine.connection()
        let number = try connectionNumber(try await own.perform(server.request(.post, "/echo")))
        var others: Set<Int> = []
        for _ in 0..<5 {
            let reply = try await own.perform(server.request(.post, "/echo"))
            #expect(reply.reusedConnection)
            #expect(try connectionNumber(reply) == number)
            others.insert(try connectionNumber(try await engine.perform(server.request(.post, "/echo"))))
        }
        #expect(!others.contains(number))
    }

    @Test func `two of them have two connections`() async throws {
        let first = engine.connection()
        let second = engine.connection()
        let a = try connectionNumber(try await first.perform(server.request(.get, "/echo")))
        let b = try connectionNumber(try await second.perform(server.request(.get, "/echo")))
        #expect(a != b)
        #expect(try connectionNumber(try await first.perform(server.request(.get, "/echo"))) == a)
        #expect(try connectionNumber(try await second.perform(server.request(.get, "/echo"))) == b)
    }

    @Test func `requests at once go one after the other over the one connection`() async throws {
        let own = engine.connection()
        let request = server.request(.post, "/echo")
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<10 { group.addTask { try Echo(try await own.perform(request)).connection } }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(numbers.count == 1)
    }

    @Test(arguments: ["end", "reset", "head"])
    func `when it dies, the next request fails and nothing is sent again`(how: String) async throws {
        let own = engine.connection()
        _ = try await own.perform(server.request(.post, "/cut-next?how=\(how)"))
        let id = "own-\(how)"
        let failed = await failure { () throws(TransferError) in
            try await own.perform(server.request(.post, "/echo?id=\(id)"))
        }
        #expect(failed?.requestMayHaveLeft == true)
        #expect(failed?.code != .cannotConnect, "nobody tried to: \(failed?.message ?? "")")
        let after = await failure { () throws(TransferError) in
            try await own.perform(server.request(.post, "/echo?id=\(id)-again"))
        }
        #expect(after?.code == .connectionGone)
        #expect(after?.requestMayHaveLeft == false)
        for (name, count) in [(id, "1"), (id + "-again", "0")] {
            let reply = try await engine.perform(server.request(.get, "/count?of=\(name)"))
            #expect(String(decoding: reply.body, as: UTF8.self) == count)
        }
    }

    @Test func `a reply that ends the connection ends it for good`() async throws {
        let own = engine.connection()
        #expect(try await own.perform(server.request(.post, "/early")).status == 413)
        let after = await failure { () throws(TransferError) in try await own.perform(server.request(.get, "/echo")) }
        #expect(after?.code == .connectionGone)
    }

    @Test func `one that cannot be made may be tried again`() async throws {
        let own = engine.connection()
        var request = server.request(.get, "/echo")
        request.url = "https://localhost:1/"
        let failed = await failure { () throws(TransferError) in try await own.perform(request) }
        #expect(failed?.code == .cannotConnect)
        #expect(try await own.perform(server.request(.get, "/echo")).status == 200)
    }

    @Test func `closing it cancels what goes on, and later requests`() async throws {
        let own = engine.connection()
        _ = try await own.perform(server.request(.get, "/echo"))
        let request = server.request(.post, "/hang")
        async let hanging = failure { () throws(TransferError) in try await own.perform(request) }
        // The count says that the server has the request.
        while String(
            decoding: try await engine.perform(server.request(.get, "/count?of=/hang")).body,
            as: UTF8.self
        ) == "0" {}
        own.close()
        #expect(await hanging?.code == .cancelled)
        let after = await failure { () throws(TransferError) in try await own.perform(request) }
        #expect(after?.code == .connectionGone)
    }

    @Test func `a cancelled request takes the connection with it`() async throws {
        let own = engine.connection()
        _ = try await own.perform(server.request(.get, "/echo"))
        let request = server.request(.post, "/hang?id=own-cancelled")
        let task = Task { await failure { () throws(TransferError) in try await own.perform(request) } }
        while String(
            decoding: try await engine.perform(server.request(.get, "/count?of=own-cancelled")).body,
            as: UTF8.self
        ) == "0" {}
        task.cancel()
        #expect(await task.value?.code == .cancelled)
        let after = await failure { () throws(TransferError) in try await own.perform(server.request(.get, "/echo")) }
        #expect(after?.code == .connectionGone)
    }

    @Test func `a pinned certificate is asked for on it too`() async throws {
        let own = engine.connection()
        var request = server.request(.get, "/echo")
        request.trust = .certificate(sha256: server.selfSigned.digest)
        let failed = await failure { () throws(TransferError) in try await own.perform(request) }
        #expect(failed?.code == .pinMismatch)
    }

    @Test func `two hundred of them work at once and end with the engine`() async throws {
        let connections = (0..<200).map { _ in engine.connection() }
        let request = server.request(.get, "/echo")
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for connection in connections {
                group.addTask { try Echo(try await connection.perform(request)).connection }
            }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(numbers.count == 200)
        engine.shutDown()
        let failed = await failure { () throws(TransferError) in try await connections[0].perform(request) }
        #expect(failed?.code == .unavailable || failed?.code == .cancelled)
    }
}
