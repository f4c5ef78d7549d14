// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// The options that every command takes.
@Suite(.timeLimit(.minutes(1))) struct CommonOptionTests {
    private static let names: Set = [
        "socket", "admin-socket", "profile", "timeout", "json", "help", "version",
    ]

    /// A daemon that answers whatever is asked with as little as makes sense.
    private static func scene() throws -> Scene {
        try Scene(wrong: .replies) { request, peer in
            switch request.method {
            case "ping": peer.answer(request, ["pong": true, "version": "9"])
            case "status": peer.answer(request, ["profiles": [["profile": "pro"], ["profile": "pre"]]])
            case "scanFile": peer.answer(request, FakeDaemon.verdict("clean"))
            case "metrics": peer.answer(request, ["text": "a 1\n"])
            default: peer.answer(request, ["profiles": [], "sessions": [], "gateways": []])
            }
        }
    }

    /// The commands that do something: their words, and the long options that they take.
    private static func leaves(_ command: JSONValue, above: [String] = []) -> [([String], Set<String>)] {
        let words = above + [command["commandName"]?.string ?? ""]
        let below = (command["subcommands"]?.array ?? []).filter { $0["commandName"] != "help" }
        guard below.isEmpty else { return below.flatMap { leaves($0, above: words) } }
        let names = (command["arguments"]?.array ?? []).flatMap { $0["names"]?.array ?? [] }
        return [(words, Set(names.filter { $0["kind"] == "long" }.compactMap { $0["name"]?.string }))]
    }

    @Test func `every command takes them`() throws {
        let dump = try JSONValue(parsing: Program().run("--experimental-dump-help").text)
        let leaves = Self.leaves(dump["command"] ?? .null)
        #expect(leaves.count > 20)
        for (words, options) in leaves {
            #expect(Self.names.subtracting(options).isEmpty, "\(words.joined(separator: " "))")
        }
    }

    @Test(
        arguments: [
            ["ping"], ["status"], ["methods"], ["describe", "ping"], ["check", "ping"], ["token", "status"],
            ["metrics"],
            ["gateway", "list"], ["rpc", "ping"], ["doctor"], ["scan", "--", "/etc/hostname"],
        ]
    )
    func `they may stand before the command's name, and among its words`(_ words: [String]) throws {
        let scene = try Self.scene()
        let path = scene.daemon.path
        let options = ["--socket", path, "--admin-socket=\(path)", "--profile", "pro", "--json", "--timeout", "5"]
        func run(_ arguments: [String]) throws -> Program.Result {
            try Program().run(bytes: arguments.map { Array($0.utf8) })
        }
        let end = words.firstIndex(of: "--") ?? words.endIndex
        let after = try run(Array(words[..<end] + options + words[end...]))
        #expect(after.status == 0)
        #expect(after.text.hasPrefix("{"))
        let before = try run(options + words)
        let between = try run(Array(options.prefix(2) + words.prefix(1) + options.dropFirst(2) + words.dropFirst()))
        for result in [before, between] {
            #expect(result.status == 0)
            #expect(result.output == after.output)
        }
    }

    @Test(
        arguments: [
            ["ping"], ["status"], ["methods"], ["describe", "ping"], ["check", "ping"], ["token", "status"], ["doctor"],
            ["init", "--engine", "clamd"], ["scan", "/etc/hostname"], ["watch"],
            ["policy", "explain", "--method", "m"],
        ]
    )
    func `a wrong value is wrong usage wherever it stands`(_ words: [String]) throws {
        let bytes = words.map { Array($0.utf8) }
        for option in ["--timeout=-1", "--timeout=0", "--timeout=1e9", "--timeout=nan", "--timeout=x"] {
            let wrong = [Array(option.utf8)]
            for arguments in [wrong + bytes, bytes + wrong] {
                let result = try Program().run(bytes: arguments)
                #expect(result.status == 64)
                #expect(result.errors.contains("--timeout"))
                #expect(!result.errors.contains("Unknown option"))
            }
        }
    }

    @Test func `the last one counts`() throws {
        let scene = try Self.scene()
        #expect(try Program().run("--socket", "/nowhere", "ping", "--socket", scene.daemon.path).status == 0)
        #expect(try Program().run("--socket", scene.daemon.path, "ping", "--socket", "/nowhere").status == 3)
    }

    @Test(
        arguments: [
            (["--json"], "name a command"), (["--socket", "/nowhere"], "name a command"),
            (["--json", "token"], "name a command"), (["--socket", "--json", "ping"], "Missing value for '--socket'"),
            (["--timeout", "-1", "ping"], "Missing value for '--timeout'"),
            (["--profile"], "Missing value for '--profile'"),
            (["--json", "pnig"], "There is no command 'pnig'; did you mean 'ping'?"),
            (["help", "scna"], "did you mean 'scan'?"), (["help", "token", "sttus"], "did you mean 'status'?"),
            (["token", "xxxxxx"], "there are status, refresh, forget."), (["--jsn", "ping"], "Unknown option '--jsn'"),
        ]
    )
    func `without a value or a command they are wrong usage`(_ arguments: [String], _ message: String) throws {
        let result = try Program().run(bytes: arguments.map { Array($0.utf8) })
        #expect(result.status == 64)
        #expect(result.errors.contains(message))
    }

    @Test func `the profile goes where it means something`() throws {
        let scene = try Self.scene()
        #expect(try scene.program.run("rpc", "tokenStatus", "--profile", "pro").status == 0)
        #expect(try scene.program.run("rpc", "tokenStatus", "{\"profile\":\"own\"}", "--profile", "pro").status == 0)
        #expect(try scene.program.run("rpc", "ping", "--profile", "pro").status == 0)
        #expect(try scene.program.run("--profile", "pro", "doctor", "--scan").status == 0)
        let asked = scene.daemon.requests.map { [$0.method, $0.parameters["profile"]?.string ?? "-"] }
        #expect(
            asked == [
                ["tokenStatus", "pro"], ["tokenStatus", "own"], ["ping", "-"], ["ping", "-"], ["status", "-"],
                ["scanFile", "pro"], ["tokenStatus", "pro"],
            ]
        )
    }
}
