// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehouseWire
import Testing

/// What needs no daemon: the schemas that are compiled in.
@Suite(.timeLimit(.minutes(1))) struct SchemaCommandTests {
    /// Names of files of `schemas/` that hold a method.
    static let methods = SchemaLibrary.documents.values.compactMap { $0["method"]?.string }.sorted()
    static let present = SchemaLibrary.documents.values
        .filter { $0["planned"] != true }
        .compactMap { $0["method"]?.string }.sorted()
    static let kinds = ErrorKind.defined.map(\.rawValue)

    @Test func `methods lists every method with its permission and summary`() throws {
        let result = try Program().run("methods")
        #expect(result.status == 0)
        #expect(
            result.lines.first == "METHOD       PERMISSION  SUMMARY" || result.lines.first?.hasPrefix("METHOD") == true
        )
        #expect(result.lines.dropFirst().compactMap { $0.split(separator: " ").first.map(String.init) } == Self.present)
        #expect(result.text.contains("scan        Scans one file"))
    }

    @Test func `methods in JSON is one object a line, with what is planned only where it is asked for`() throws {
        let objects = try Program().run("methods", "--json").lines.map { try JSONValue(parsing: $0) }
        #expect(objects.compactMap { $0["method"]?.string } == Self.present)
        #expect(objects.allSatisfy { $0["planned"] == false && $0["summary"]?.string?.isEmpty == false })
        let all = try Program().run("methods", "--planned", "--json").lines.map { try JSONValue(parsing: $0) }
        #expect(all.compactMap { $0["method"]?.string } == Self.methods)
    }

    @Test(arguments: methods) func `a method is described with all its members, errors and examples`(
        _ name: String
    ) throws {
        let result = try Program().run("describe", name)
        let document = try #require(SchemaLibrary.documents.values.first { $0["method"]?.string == name })
        #expect(result.status == 0)
        #expect(result.lines.allSatisfy { $0.count < 80 || $0.contains("gatehouse rpc") || $0.contains("\": \"") })
        for (member, _) in document["params"]?["properties"]?.object?.members ?? [] {
            #expect(result.lines.contains { $0.hasPrefix("  \(member) (") }, "\(member)")
        }
        for kind in document["errors"]?.array ?? [] {
            let error = SchemaLibrary.documents["errors.json"]?["errors"]?.array?.first { $0["kind"] == kind }
            #expect(result.text.contains("  \(kind.string ?? "") (\(error?["code"]?.text ?? "")"))
        }
        #expect(result.text.contains("  gatehouse rpc "))
        #expect(try JSONValue(parsing: Program().run("describe", name, "--json").text) == document)
    }

    @Test func `a description says types, bounds, defaults, meaning and what must be there`() throws {
        let lines = try Program().run("describe", "scanFile").lines
        #expect(lines.contains("  file (object with exactly one of these members, required)"))
        #expect(lines.contains("    fd (integer from 0 to 252)"))
        #expect(lines.contains("  progress (boolean, default false)"))
        #expect(lines.contains("  profile (string of 1 to 64 characters)"))
        #expect(lines.contains("  verdict ('clean', 'infected' or 'notScanned')"))
        #expect(lines.contains("  upstream (object or null, may be missing)"))
        #expect(lines.contains("    disposition (string or null)"))
        #expect(lines.contains("Notification chunk, from the caller, with scanFile:"))
    }

    @Test func `members that go together or not are told before them`() throws {
        let text = try Program().run("describe", "callAgent").text
        #expect(text.contains("  One of: with gateway, without server and via; with target\n"))
        #expect(text.contains("    One of: with agent; with secondary, without component; with"))
        #expect(!text.contains("(any value)\n    component"))
    }

    @Test func `an example can be pasted`() throws {
        let scene = try Scene()
        try scene.folder.write("FILE", "bad")
        let line = try #require(
            Program().run("describe", "scanFile").lines.first { $0.contains("gatehouse rpc") && $0.contains("--fd") }
        )
        #expect(line.hasPrefix("  gatehouse rpc scanFile '{\"file\":{\"fd\":0}") && line.hasSuffix("}' --fd FILE"))
        let parameters = try #require(line.split(separator: "'").dropFirst().first)
        let result = try scene.program.run("rpc", "scanFile", String(parameters), "--fd", scene.path("FILE"))
        #expect(try JSONValue(parsing: result.text)["verdict"] == "infected")
    }

    // `rpc` takes the administrators' socket for such a method, whatever `--socket` says.
    @Test func `an example of a method for administrators leaves its socket to the program`() throws {
        let lines = try Program().run("describe", "reload").lines
        #expect(lines.contains { $0.hasPrefix("  gatehouse rpc reload '{") })
    }

    @Test(arguments: kinds) func `a kind of error is described with its code and hint`(_ kind: String) throws {
        let error = try #require(ErrorKind(rawValue: kind))
        let result = try Program().run("describe", kind)
        #expect(result.status == 0)
        #expect(result.text.contains("\(error.code)"))
        #expect(result.lines.contains("What to do:"))
    }

    @Test func `a notification is described`() throws {
        let result = try Program().run("describe", "chunk")
        #expect(result.lines.contains("  data (string, base64)"))
        #expect(result.lines.contains("  id (string, number or null, required)"))
    }

    @Test(arguments: [
        (["describe", "scanfile"], "scanFile"), (["describe", "fileRefusd"], "fileRefused"),
        (["describe", "chnk"], "chunk"), (["check", "tokenstatus"], "tokenStatus"), (["rpc", "pin"], "ping"),
        (["rpc", "sacnFile", "{}"], "scanFile"),
    ])
    func `an unknown name suggests the nearest`(_ arguments: [String], _ guess: String) throws {
        let result = try Program().run(bytes: arguments.map { Array($0.utf8) })
        #expect(result.status == 64)
        #expect(result.text.isEmpty)
        #expect(result.errors.contains("did you mean '\(guess)'?"))
    }

    @Test(arguments: ["nothing-like-it", "\u{1B}[2J", String(repeating: "x", count: 5000), ""])
    func `a name that is like none gets no suggestion and commands no terminal`(_ name: String) throws {
        let result = try Program().run("describe", "--", name)
        #expect(result.status == 64)
        #expect(!result.errors.contains("did you mean"))
        #expect(result.errors.contains("gatehouse methods"))
        #expect(!result.errors.contains("\u{1B}"))
    }

    @Test(arguments: [
        ("scanFile", #"{"file":{"fd":0}}"#), ("ping", "{}"), ("chunk", #"{"id":1,"last":true}"#),
        ("scanFile", #"{"file":{"content":""},"deadlineMs":3600000,"progress":true}"#),
    ])
    func `right parameters pass the check`(_ method: String, _ parameters: String) throws {
        let result = try Program().run("check", method, parameters)
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        #expect(try Program().run("check", method, parameters, "--json").text == "{\"valid\":true,\"violations\":[]}\n")
    }

    @Test func `every violation is told with its place, its sentence and its rule`() throws {
        let parameters = #"{"file":{"fd":300},"nam":1,"deadlineMs":"x"}"#
        let result = try Program().run("check", "scanFile", parameters)
        #expect(result.status == 64)
        #expect(result.text.isEmpty)
        let lines = result.errors.split(separator: "\n")
        #expect(lines.contains("gatehouse: /file/fd: must be an integer from 0 to 252, not 300 (maximum)"))
        #expect(lines.contains { $0.hasPrefix("gatehouse: /nam: ") && $0.hasSuffix("(additionalProperties)") })
        #expect(lines.contains { $0.hasPrefix("gatehouse: /deadlineMs: ") && $0.hasSuffix("(type)") })
        #expect(lines.contains("gatehouse: hint: see \"gatehouse describe scanFile\""))
        let object = try JSONValue(parsing: Program().run("check", "scanFile", parameters, "--json").text)
        #expect(object["valid"] == false)
        #expect(
            object["violations"]?.array?.compactMap { $0["rule"]?.string } == [
                "maximum", "additionalProperties", "type",
            ]
        )
    }

    @Test(arguments: [
        ("scanFile", "{}", "/file"), ("ping", "[1]", "params"), ("scanFile", #"{"file":{}}"#, "/file"),
        ("chunk", #"{"id":1}"#, "params"),
    ])
    func `wrong parameters end with 64 at their place`(_ method: String, _ parameters: String, _ place: String) throws {
        let result = try Program().run("check", method, parameters)
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("gatehouse: \(place): "))
    }

    @Test func `parameters to check come from a file or standard input too`() throws {
        let scene = try Scene()
        try scene.folder.write("p", "{\"file\":{\"fd\":-1}}")
        var program = Program()
        #expect(try program.run("check", "scanFile", "@\(scene.path("p"))").status == 64)
        #expect(try program.run("check", "scanFile", "@\(scene.path("none"))").status == 2)
        program.input = .pipe(Array("{\"file\":{\"fd\":1}}".utf8))
        #expect(try program.run("check", "scanFile", "-").status == 0)
        #expect(try program.run("check", "scanFile", "{").status == 64)
    }

    @Test func `rpc sends nothing that breaks the schema unless it is told to`() throws {
        let scene = try Scene(wrong: .requests) { request, peer in peer.fail(request, .invalidParams) }
        let refused = try scene.program.run("rpc", "ping", "{\"a\":1}")
        #expect(refused.status == 64)
        #expect(refused.errors.contains("/a: unknown member 'a'"))
        #expect(try scene.program.run("rpc", "other").status == 64)
        #expect(scene.daemon.requests.isEmpty)
        #expect(try scene.program.run("rpc", "--no-check", "ping", "{\"a\":1}").status == 2)
        #expect(try scene.program.run("rpc", "--no-check", "other").status == 2)
        #expect(scene.daemon.requests.map(\.method) == ["ping", "other"])
    }

    @Test func `a time-out goes only to methods that take one, whatever the command`() throws {
        let scene = try Scene(wrong: .replies) { request, peer in peer.answer(request, ["pong": true, "version": "9"]) }
        #expect(try scene.program.run("rpc", "ping", "--timeout", "2").status == 0)
        #expect(try scene.program.run("ping", "--timeout", "2").status == 0)
        #expect(try scene.program.run("token", "status", "--timeout", "2").status == 0)
        for request in scene.daemon.requests {
            let schema = SchemaLibrary.documents["\(request.method).json"]?["params"]
            let takesOne = schema?["properties"]?["deadlineMs"] != nil
            #expect(request.parameters == (takesOne ? ["deadlineMs": 2000] : [:]))
        }
        #expect(scene.daemon.requests.count == 3)
    }
}
