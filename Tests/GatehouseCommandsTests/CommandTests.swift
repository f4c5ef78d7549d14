// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct CommandTests {
    @Test(arguments: [["ping"], ["status"], ["token", "status"], ["rpc", "ping"], ["scan", "/etc/hostname"]])
    func `a daemon that is not there ends with 3 and says where it was looked for`(_ arguments: [String]) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("none")
        let result = try Program().run(bytes: (arguments + ["--socket", path]).map { Array($0.utf8) })
        #expect(result.status == 3)
        #expect(result.text.isEmpty)
        #expect(result.errors.contains(path))
        #expect(result.errors.contains("gatehouse.socket"))
    }

    @Test func `with --json a daemon that is not there is an error object on one line`() throws {
        let folder = try TemporaryFolder()
        for arguments in [["hosts"], ["servers"], ["gateway", "list"], ["call", "--server", "A.B"]] {
            let result = try Program().run(
                bytes: (arguments + ["--json", "--socket", folder.path("none")]).map { Array($0.utf8) }
            )
            #expect(result.status == 3)
            #expect(result.text.isEmpty)
            let error = try JSONValue(parsing: result.errors)
            #expect(error["message"]?.string?.contains(folder.path("none")) == true)
            #expect(error["data"]?["requestId"] == JSONValue.null)
        }
    }

    @Test(.disabled(if: geteuid() == 0, "root may connect to everything"))
    func `a socket that is not for this user names its group`() throws {
        let scene = try Scene()
        #expect(chmod(scene.daemon.path, 0o020) == 0)
        let result = try scene.program.run("ping")
        #expect(result.status == 3)
        #expect(result.errors.contains("group"))
        #expect(result.errors.contains("usermod -aG"))
    }

    @Test func `the option wins over the variable`() throws {
        var scene = try Scene { request, peer in peer.answer(request, ["pong": true, "version": "9"]) }
        scene.program.environment["GATEHOUSE_SOCKET"] = "/nowhere"
        #expect(try scene.program.run("ping").status == 3)
        #expect(try scene.program.run("ping", "--socket", scene.daemon.path).status == 0)
    }

    @Test func `ping says the version`() throws {
        let scene = try Scene { request, peer in peer.answer(request, ["pong": true, "version": "9.8.7"]) }
        let result = try scene.program.run("ping")
        #expect(result.text.contains("9.8.7"))
        #expect(result.status == 0)
        #expect(try scene.program.run("ping", "--json").text == "{\"pong\":true,\"version\":\"9.8.7\"}\n")
    }

    @Test func `something that is not a daemon's pong fails`() throws {
        let scene = try Scene(wrong: .replies) { request, peer in peer.answer(request, true) }
        #expect(try scene.program.run("ping").status == 2)
    }

    @Test func `status is a table or the daemon's object`() throws {
        let status: JSONValue = [
            "version": "9", "connections": ["open": 1, "accepted": 2], "profiles": [["profile": "pro"]],
            "limits": ["messageBytes": 4, "nesting": 64],
        ]
        let scene = try Scene(wrong: .replies) { request, peer in peer.answer(request, status) }
        #expect(
            try scene.program.run("status").lines == [
                "version      9", "connections  open 1, accepted 2", "profiles     profile pro",
                "limits       messageBytes 4", "limits       nesting 64",
            ]
        )
        #expect(try scene.program.run("status", "--json").text == "\(status.text)\n")
    }

    @Test func `token status is a table or the daemon's object`() throws {
        let token: JSONValue = [
            "token": "gicar", "state": "waiting", "expiresInSeconds": 12, "nextAttemptAt": "T",
            "lastFailure": ["at": "A", "kind": "upstreamFailed", "message": "no\u{1B}"],
        ]
        let answer: JSONValue = [
            "profiles": [
                ["profile": "pro", "engine": "spe", "tokens": [token]],
                ["profile": "local", "engine": "clamd", "tokens": []],
            ]
        ]
        let scene = try Scene(wrong: .replies) { request, peer in peer.answer(request, answer) }
        let result = try scene.program.run("token", "status", "--profile", "pro")
        #expect(
            result.lines == [
                "PROFILE  ENGINE  TOKEN  STATE    EXPIRES IN  NEXT ATTEMPT  LAST FAILURE",
                "pro      spe     gicar  waiting  12 s        T             A upstreamFailed no\\x1b",
                "local    clamd   -      -        -           -             -",
            ]
        )
        #expect(scene.daemon.requests.first?.method == "tokenStatus")
        #expect(scene.daemon.requests.first?.parameters == ["profile": "pro"])
        #expect(try scene.program.run("token", "status", "--json").text == "\(answer.text)\n")
    }

    @Test func `rpc passes parameters and files and prints the result`() throws {
        var scene = try Scene(wrong: .all) { request, peer in
            peer.answer(request, ["files": .number(JSONNumber(request.files.count)), "parameters": request.parameters])
        }
        try scene.folder.write("f", "one")
        try scene.folder.write("p", "{\"a\": 1.50}")
        let file = scene.path("f")
        func rpc(_ arguments: String...) throws -> Program.Result {
            try scene.program.run(bytes: (["rpc", "--no-check", "m"] + arguments).map { Array($0.utf8) })
        }
        let direct = try rpc("{\"a\":1.50}", "--fd", file, "--fd", file, "--json")
        #expect(direct.text == "{\"files\":2,\"parameters\":{\"a\":1.50}}\n")
        let fromFile = try rpc("@\(scene.path("p"))", "--json", "--timeout", "1")
        #expect(fromFile.text == "{\"files\":0,\"parameters\":{\"a\":1.50,\"deadlineMs\":1000}}\n")
        scene.program.input = .pipe(Array("[1]".utf8))
        #expect(try rpc("-", "--json").text == "{\"files\":0,\"parameters\":[1]}\n")
        #expect(try rpc().text.contains("\n  \"files\": 0"))
        #expect(try rpc("--fd", scene.path("none")).status == 2)
        #expect(try scene.program.run("rpc", "m", "@\(scene.path("none"))").status == 2)
    }

    /// It was opened like a file to scan, without waiting: what a shell's `@<(…)` had not written yet counted as the end.
    @Test func `parameters may come out of a pipe, whose writer is waited for`() throws {
        let scene = try Scene(wrong: .all) { request, peer in peer.answer(request, request.parameters) }
        let path = scene.path("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        try Thread.start("writer") {
            // It goes on once somebody reads, and with each piece once the one before was read.
            let pipe = open(path, O_WRONLY | O_CLOEXEC)
            for byte in Array(#"{"a":1\#(String(repeating: " ", count: 200))}"#.utf8) {
                var piece = byte
                guard write(pipe, &piece, 1) == 1 else { break }
                var left: Int32 = 1
                for _ in 0..<1_000_000 where left > 0 { _ = ioctl(pipe, UInt(FIONREAD), &left) }
            }
            close(pipe)
        }
        let result = try scene.program.run("rpc", "--no-check", "m", "@\(path)", "--json")
        #expect(result.text == "{\"a\":1}\n", "\(result.errors)")
    }

    @Test(arguments: [false, true])
    func `an error of rpc is the daemon's object on standard error, on one line with --json`(json: Bool) throws {
        let scene = try Scene(wrong: .requests) { request, peer in peer.fail(request, .methodNotFound) }
        let result = try scene.program.run(
            bytes: (["rpc", "--no-check", "m"] + (json ? ["--json"] : [])).map { Array($0.utf8) }
        )
        #expect(result.status == 2)
        #expect(result.text.isEmpty)
        #expect(try JSONValue(parsing: result.errors)["data"]?["kind"] == "methodNotFound")
        #expect((result.errors.split(separator: "\n").count == 1) == json)
    }

    @Test func `rpc prints nothing that a terminal obeys, and nothing but the same JSON`() throws {
        let value: JSONValue = ["a\u{9B}31m\u{202E}": ["\u{1B}[2J", "\u{7F}"]]
        let scene = try Scene(wrong: .all) { request, peer in peer.answer(request, value) }
        for options in [[], ["--json"]] {
            let result = try Program().run(
                bytes: (["rpc", "--no-check", "m", "--socket", scene.daemon.path] + options).map { Array($0.utf8) }
            )
            #expect(try JSONValue(parsing: result.text) == value)
            #expect(!result.text.unicodeScalars.contains { "\u{9B}\u{202E}\u{1B}\u{7F}".unicodeScalars.contains($0) })
        }
    }

    @Test(arguments: ["ping", "metrics"]) func `the daemon's own object commands no terminal`(_ command: String) throws
    {
        let value: JSONValue = ["pong": true, "version": "\u{9B}31m\u{202E}", "text": "\u{7F}"]
        var scene = try Scene(wrong: .replies) { request, peer in peer.answer(request, value) }
        scene.program.environment["GATEHOUSE_ADMIN_SOCKET"] = scene.daemon.path
        let result = try scene.program.run(command, "--json")
        #expect(try JSONValue(parsing: result.text) == value)
        #expect(!result.text.unicodeScalars.contains { "\u{9B}\u{202E}\u{7F}".unicodeScalars.contains($0) })
    }

    @Test func `an error of rpc with which the connection ends is printed as the daemon's object too`() throws {
        let scene = try Scene(wrong: .all) { request, peer in
            var error = APIError(.descriptorMismatch).json(requestID: "r-1")
            error = ["jsonrpc": "2.0", "id": nil, "error": error]
            peer.send(error)
            peer.close()
        }
        let result = try scene.program.run("rpc", "scanFile", #"{"file": {"fd": 0}}"#)
        #expect(result.status == 2)
        let error = try JSONValue(parsing: result.errors)
        #expect(error["data"]?["kind"] == "descriptorMismatch")
        #expect(error["data"]?["requestId"] == "r-1")
    }

    @Test func `an error of another command has its hint`() throws {
        let scene = try Scene { request, peer in
            peer.fail(request, .configuration, message: "broken", hint: "mend it")
        }
        let result = try scene.program.run("status")
        #expect(result.status == 2)
        #expect(result.errors.contains("broken (configuration)"))
        #expect(result.errors.contains("hint: mend it"))
        #expect(result.errors.contains("request: r-1"))
    }

    @Test func `version and help are no failures`() throws {
        #expect(try Program().run("--version").status == 0)
        let help = try Program().run("--help")
        #expect(help.status == 0)
        #expect(help.text.contains("scan"))
    }
}
