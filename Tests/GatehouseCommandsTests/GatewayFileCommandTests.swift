// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct GatewayFileCommandTests {
    private static let sources: [([String], [String])] = [
        (["--path", "/FTDR/x"], [#"getFile {"gateway":"g","source":{"path":"/FTDR/x"},"file":{"fd":0}}"#]),
        (
            ["--remote-file", "t"],
            [
                #"callAgent {"gateway":"g","method":"NagRdu.GetUrlToDownloadFileFromHost","#
                    + #""arguments":{"szwRemoteFile":"t"}}"#,
                #"getFile {"gateway":"g","source":{"path":"/FTDR/x"},"file":{"fd":0}}"#,
            ]
        ),
        (
            ["--list", "Backup", "--item", "i", "--product", "KES/11/0", "--packed", "--timeout", "3"],
            [
                #"getFile {"gateway":"g","source":{"listItem":{"list":"Backup","item":"i","product":"KES","#
                    + #""version":"11/0","packed":true}},"file":{"fd":0},"deadlineMs":3000}"#
            ]
        ),
    ]

    @Test(arguments: sources)
    func `get makes a file for this user and passes it`(_ options: [String], _ asked: [String]) throws {
        let scene = try GatewayScene.make()
        let path = scene.path("new")
        let result = try scene.run(["gateway", "get", "g", path] + options)
        #expect(result.status == 0)
        #expect(result.text == "\(path): 3 bytes, SHA-256 \(String(repeating: "a", count: 64))\n")
        #expect(scene.asked == asked)
        #expect(scene.daemon.requests.last?.files.count == 1)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test func `a file that is there is left alone, one of a failed transfer is taken away`() throws {
        let scene = try GatewayScene.make()
        try scene.folder.write("old", "content")
        let refused = try scene.run(["gateway", "get", "g", scene.path("old"), "--path", "/FTDR/x"])
        #expect(refused.status == 2)
        #expect(refused.errors.contains("File exists"))
        #expect(scene.daemon.requests.isEmpty)
        let failed = try scene.run(["gateway", "get", "gone", scene.path("new"), "--path", "/FTDR/x"])
        #expect(failed.status == 2)
        #expect(access(scene.path("new"), F_OK) != 0)
        #expect(access(scene.path("old"), F_OK) == 0)
    }

    /// An interrupted transfer once left its part behind, under the name and in the way of the next one.
    @Test func `the file has its name once all of it has come, and not if somebody else has it by then`() throws {
        let seen = Locked<(path: String, wasThere: Bool)>(("", false))
        let scene = try Scene(wrong: .replies) { request, peer in
            let wasAlone = seen.withLock { seen in
                seen.wasThere = access(seen.path, F_OK) == 0
                return request.parameters["gateway"] != "raced"
            }
            if !wasAlone { close(open(seen.withLock { $0.path }, O_CREAT | O_WRONLY | O_CLOEXEC, 0o644)) }
            let digest = String(repeating: "a", count: 64)
            peer.answer(request, ["bytes": 3, "sha256": .string(digest), "generation": 1])
        }
        // Where there are no files without a name, it has one from the start.
        let isPossible = (try? Descriptor.unnamedFile(in: Array(scene.path("").utf8CString))) != nil
        seen.withLock { $0.path = scene.path("new") }
        let result = try scene.program.run("gateway", "get", "g", scene.path("new"), "--path", "/FTDR/x")
        #expect(result.status == 0, "\(result.errors)")
        #expect(seen.withLock { $0.wasThere } == !isPossible)
        #expect(access(scene.path("new"), F_OK) == 0)
        guard isPossible else { return }
        seen.withLock { $0.path = scene.path("raced") }
        let raced = try scene.program.run("gateway", "get", "raced", scene.path("raced"), "--path", "/FTDR/x")
        #expect(raced.status == 2)
        #expect(raced.errors.contains("File exists"))
    }

    @Test func `put passes the file`() throws {
        let scene = try GatewayScene.make()
        try scene.folder.write("f", "abc")
        let result = try scene.run(["gateway", "put", "g", scene.path("f"), "--path", "/FTUR/x", "--json"])
        #expect(try JSONValue(parsing: result.text)["bytes"] == 3)
        #expect(scene.asked == [#"putFile {"gateway":"g","target":{"path":"/FTUR/x"},"file":{"fd":0}}"#])
        #expect(scene.daemon.requests.first?.files == [Array("abc".utf8)])
        #expect(try scene.run(["gateway", "put", "g", scene.path("none"), "--path", "/FTUR/x"]).status == 2)
    }

    @Test(
        arguments: [
            [], ["--path", "/FTDR/x", "--remote-file", "t"], ["--list", "Backup"], ["--item", "i"],
            ["--path", "/FTDR/x", "--item", "i"], ["--path", "/FTDR/x", "--packed"],
            ["--list", "a", "--item", "i", "--product", "KES"],
        ]
    )
    func `wrong usage makes no file`(_ options: [String]) throws {
        let scene = try GatewayScene.make()
        #expect(try scene.run(["gateway", "get", "g", scene.path("new")] + options).status == 64)
        #expect(access(scene.path("new"), F_OK) != 0)
        #expect(scene.daemon.requests.isEmpty)
    }
}
