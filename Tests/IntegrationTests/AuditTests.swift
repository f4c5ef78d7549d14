// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// The audit on standard error (contract section 3): who did what, how far it came, and how long that took.
@Suite struct AuditTests {
    @Test func `a scan has a record before and one after, with each stage's outcome and time`() throws {
        let scene = try Scene()
        #expect(try scene.scan("hello\n", [("name", "a.pdf")]).verdict == "clean")
        let lines = try lines(scene, count: 2)
        #expect(lines.count == 2)
        let begin = try #require(lines.first)
        #expect(
            try begin.contains(
                Regex(#"uid=\d+ pid=\d+ name="a.pdf" validate=passed:\d+us authorise=passed:\d+us outcome=begins$"#)
            )
        )
        let stages =
            #"validate=passed:\d+us authorise=passed:\d+us log=passed:\d+us invoke=passed:\d+us strip=passed:\d+us"#
        let end = try #require(lines.last)
        let answer = #" verdict="clean" size=6 sha256="[0-9a-f]{64}" upstream="spe" trace="[^"]+" outcome=done ms=\d+$"#
        #expect(try end.contains(Regex(stages + answer)), "\(end)")
    }

    @Test func `a scan that an upstream refuses says who did, with which status, code and trace id`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:status=500-ctti"])
        let reply = try scene.scan("hello\n", [("deadlineMs", 3000)])
        #expect(reply["error"]?["data"]?["upstream"]?["text"]?.string != nil)
        let end = try #require(try lines(scene, count: 2).last)
        let answer = #" upstream="apiConnect" status=500 code="E0\d+" trace="[^"]+" outcome=upstreamFailed ms=\d+$"#
        #expect(try end.contains(Regex(answer)), "\(end)")
    }

    @Test func `a call that fails names the stage that it failed in`() throws {
        let scene = try Scene()
        let client = try scene.connect(wrong: .requests)
        #expect(try client.answersPing())
        #expect(try client.call("ping", ["no": 1]).errorKind == "invalidParams")
        let pipe = try Pipe()
        let reader = Descriptor(owning: pipe.reader)
        let writer = Descriptor(owning: pipe.writer)
        #expect(try client.call("scanFile", ["file": ["fd": 0]], [reader.number]).errorKind == "fileRefused")
        let lines = try lines(scene, count: 3)
        #expect(lines.count == 3)
        #expect(
            try lines[0].contains(
                Regex(#"method="ping" .* validate=failed:\d+us mapErrors=passed:\d+us outcome=invalidParams"#)
            )
        )
        #expect(
            try lines[2].contains(
                Regex(#"log=passed:\d+us invoke=failed:\d+us mapErrors=passed:\d+us outcome=fileRefused"#)
            )
        )
        _ = writer.number
    }

    @Test func `a call says what is called and where, and neither its arguments nor a whole handle`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        let opened = try client.call("prepareGateway", ["target": target])
        let gateway = try #require(opened["result"]?["gateway"]?.string)
        let arguments: JSONValue = ["szwProductID": "planted-argument", "nTraceLevel": 0]
        let params: JSONValue = [
            "gateway": .string(gateway), "method": "NagRdu.ChangeTraceParams", "arguments": arguments,
        ]
        _ = try client.call("callAgent", params)
        let lines = try lines(scene, count: 4)
        let host = try scene.lab.host("MAIN-WS-1")
        #expect(lines[0].contains("target=") && lines[0].contains(host))
        #expect(lines[2].contains(#"call="NagRdu.ChangeTraceParams" gateway="\#(gateway.prefix(8))""#), "\(lines[2])")
        #expect(lines[2].hasSuffix("outcome=begins"))
        #expect(!lines.joined().contains(gateway))
        #expect(!lines.joined().contains("planted-argument"))
    }

    /// The record of a call through a gateway once led nowhere, and that of a close said not of what.
    @Test func `a gateway is told where it is opened, used and closed`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        let opened = try client.call("prepareGateway", ["target": target])
        let handle = try #require(opened["result"]?["gateway"])
        try scene.folder.write("got", "")
        let file = try scene.open("got", O_RDWR)
        let wanted: JSONValue = ["gateway": handle, "source": ["path": "/FTDR/none"], "file": ["fd": 0]]
        _ = try client.call("getFile", wanted, [file.number])
        _ = try client.call("closeGateway", ["gateway": handle])
        let lines = try lines(scene, count: 5)
        let told = #" gateway="\#(handle.string?.prefix(8) ?? "")""#
        #expect(!lines[0].contains(" gateway=") && lines[1].contains(told), "\(lines[1])")
        #expect(lines[2].contains(#" source="{\"path\":\"/FTDR/none\"}""# + told), "\(lines[2])")
        #expect(lines[4].contains(#"method="closeGateway""#) && lines[4].contains(told), "\(lines[4])")
    }

    @Test func `a scan by path says which path, where it is refused too`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        for path in ["/files2scan/none", "/etc/passwd"] {
            _ = try client.call("scanPath", ["filePath": .string(path), "profile": "lab"])
        }
        let lines = try lines(scene, count: 4)
        for (line, path) in zip(lines, ["/files2scan/none", "/files2scan/none", "/etc/passwd", "/etc/passwd"]) {
            #expect(line.contains(#" path="\#(path)""#), "\(line)")
        }
    }

    // What changes something left no trace where it reached no server.
    @Test func `what is done is in the audit, and only looking at the daemon is not`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        for method in ["ping", "status", "tokenStatus", "rpc.discover"] { _ = try client.call(method) }
        _ = try client.call("listGateways")
        _ = try client.call("subscribe", ["topics": ["scans"]])
        let lines = try lines(scene, count: 2)
        #expect(lines.count == 2)
        #expect(lines.first?.contains("listGateways") == true && lines.last?.contains("subscribe") == true, "\(lines)")
    }

    @Test func `no caller can forge a line or steer a terminal`() throws {
        let scene = try Scene()
        let client = try scene.connect(wrong: .requests)
        let texts = [
            "x\naudit request=1 outcome=done", "x\r\u{1B}[2Jaudit", "x\u{85}audit", "x\u{2028}audit", "x\u{202E}tidua",
            "x\" outcome=done \"", "x\u{9B}2J", "e" + String(repeating: "\u{301}", count: 50_000),
        ]
        for text in texts { #expect(try client.call(text).errorKind == "methodNotFound") }
        let log = try lines(scene, count: texts.count)
        #expect(log.count == texts.count)
        for line in log {
            #expect(line.hasPrefix("audit request="))
            #expect(line.hasSuffix(line.suffix(3)) && line.contains(" outcome=methodNotFound ms="))
            #expect(line.utf8.count < 1000)
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) })
            #expect(!line.unicodeScalars.contains { (0x2028...0x202E).contains($0.value) })
        }
    }

    @Test func `a log that nobody reads stops nothing but calls that must be audited, and losses are told`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("log")
        #expect(mkfifo(path, 0o600) == 0)
        let reader = Descriptor(owning: open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC))
        let scene = try Scene(errorLog: path, in: folder)
        let client = try scene.connect(wrong: .requests)
        // Each call that is refused is a line: far more than the pipe and the queue hold.
        let refused = #"{"jsonrpc":"2.0","id":1,"method":"nothing"}"# + "\n"
        for _ in 0..<400 {
            try client.send(String(repeating: refused, count: 50))
            for _ in 0..<50 { #expect(try client.line() != nil) }
        }
        #expect(try client.answersPing())
        #expect(try scene.scan("hello\n").errorKind == "busy")
        // Whoever reads the log again sees how much is missing.
        var log = ""
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        for _ in 0..<2000 where !log.hasSuffix("were lost\n") {
            let count = read(reader.number, &chunk, chunk.count)
            if count > 0 {
                log = log.suffix(200) + String(decoding: chunk.prefix(count), as: UTF8.self)
            } else {
                pause(milliseconds: 5)
            }
        }
        #expect(try log.contains(Regex(#"gatehoused: \d+ log lines were lost\n"#)))
        #expect(try scene.scan("hello\n").verdict == "clean")
    }

    /// The audit's lines, once there are so many; the log has a thread of its own.
    private func lines(_ scene: Scene, count: Int) throws -> [String] {
        var lines: [String] = []
        for _ in 0..<1000 {
            lines = scene.daemon.program.errors.split(separator: "\n").map(String.init).filter { $0.contains("audit") }
            if lines.count >= count { break }
            pause(milliseconds: 5)
        }
        return lines
    }
}
