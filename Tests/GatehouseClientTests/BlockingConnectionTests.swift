// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseClient
import GatehousePlatform
import GatehouseWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct BlockingConnectionTests {
    @Test func `notifications and silence reach the caller, and answers come after them`() throws {
        let daemon = try FakeDaemon(wrong: .all) { request, peer in
            guard request.method == "go" else { return }
            peer.send(["jsonrpc": "2.0", "method": "progress", "params": ["id": 1, "done": 5]])
            peer.send(["jsonrpc": "2.0", "method": "other"])
            peer.answer(request, true)
        }
        var connection = try BlockingConnection(to: SocketPath(daemon.path))
        _ = try connection.send("wait", [:])
        let silence = try connection.next(patience: 10)
        #expect(silence == .silence)
        let id = try connection.send("go", [:])
        let messages = [
            try connection.next(patience: 10_000), try connection.next(patience: 10_000),
            try connection.next(patience: 10_000),
        ]
        #expect(
            messages == [
                .notification(method: "progress", parameters: ["id": 1, "done": 5]),
                .notification(method: "other", parameters: nil), .answer(id: id, .success(true)),
            ]
        )
    }

    @Test func `a call lets notifications pass`() throws {
        let daemon = try FakeDaemon(wrong: .all) { request, peer in
            peer.send(["jsonrpc": "2.0", "method": "progress", "params": ["id": 1]])
            peer.answer(request, 7)
        }
        var connection = try BlockingConnection(to: SocketPath(daemon.path))
        let result = try connection.call("m", [:], patience: 10_000)
        #expect(result == 7)
    }

    @Test func `a new connection knows nothing of the requests of the old one`() throws {
        let daemon = try FakeDaemon(wrong: .all) { request, peer in
            if request.method == "end" { peer.close() } else { peer.answer(request, request.id) }
        }
        var connection = try BlockingConnection(to: SocketPath(daemon.path))
        let lost = try connection.send("end", [:])
        do throws(ClientError) {
            _ = try connection.next(patience: 10_000)
            Issue.record("an end is an error")
        } catch {
            #expect(error == .connectionLost(reason: "the daemon closed it"))
        }
        try connection.reconnect()
        let id = try connection.send("m", [:])
        #expect(id != lost)
        let message = try connection.next(patience: 10_000)
        #expect(message == .answer(id: id, .success(.number(JSONNumber(id)))))
    }

    @Test func `a daemon that writes before it reads does not stop a caller that sends`() throws {
        // Each answer fills a good part of the socket, so that the daemon waits for its reader before it reads on.
        let large = JSONValue.string(String(repeating: "x", count: 150_000))
        let daemon = try FakeDaemon(wrong: .all) { request, peer in peer.answer(request, large) }
        var connection = try BlockingConnection(to: SocketPath(daemon.path))
        let padding = JSONValue.string(String(repeating: "y", count: 20_000))
        let count = 60
        for _ in 0..<count { _ = try connection.send("m", ["p": padding]) }
        for _ in 0..<count {
            guard case .answer(_, .success(large)) = try connection.next(patience: 10_000) else {
                Issue.record("not the answer")
                return
            }
        }
    }
}
