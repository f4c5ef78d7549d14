// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Programs that call the built daemon; what they send and get is held against the schemas on its way.
@Suite struct ClientProgramTests {
    /// The kernel once ended the program with SIGXFSZ, without a word.
    @Test func `a copy of standard input beyond the process's file size is a fault of that input`() throws {
        let scene = try Scene()
        // Whoever runs the tests may ignore the signal, which programs inherit.
        let command = "ulimit -f 1; head -c 3000000 /dev/zero | env --default-signal=XFSZ \"$0\" scan -q -"
        let program = try ChildProgram(
            "/bin/sh",
            ["-c", command, ChildProgram.builtPrograms + "/gatehouse"],
            environment: ["GATEHOUSE_SOCKET": scene.daemon.socket, "PATH": "/usr/bin:/bin"],
            errorLog: scene.folder.path("copy.log")
        )
        #expect(program.readAll() == "-: fileUnreadable NOT SCANNED")
        #expect(program.waitForEnd() == 2)
        #expect(program.errors.contains("File too large"))
    }

    @Test func `an interrupted scan leaves the terminal's line empty, and ends by the signal`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang"])
        try scene.folder.write("a", "hello\n")
        let words = ["python3", fixture("interrupt.py"), ChildProgram.builtPrograms + "/gatehouse", "scan"]
        let program = try ChildProgram(
            "/usr/bin/env",
            words + ["--socket", scene.daemon.socket, scene.folder.path("a")],
            errorLog: scene.folder.path("terminal.log")
        )
        let seen = try JSONValue(parsing: program.readAll())
        #expect(seen["after"] == "^C\r\u{1B}[K")
        #expect(seen["signal"]?.integer == Int64(SIGINT))
    }

    @Test(.enabled(if: Documents.isInstalled("python3"), "python3 is not installed"))
    func `the client in Python keeps its promises`() throws {
        let scene = try Scene()
        let right = try scene.observedSocket()
        let wrong = try scene.observedSocket("wrong.sock", wrong: .requests)
        let outcome = try scene.run(
            ["python3", Documents.root + "/contrib/python/test_gatehouse.py"],
            environment: [
                "GATEHOUSE_SOCKET": right.path, "GATEHOUSE_WRONG_SOCKET": wrong.path, "TMPDIR": scene.folder.path,
            ]
        )
        #expect(outcome.status == 0, "\(outcome.errors)")
    }

    @Test(.enabled(if: Documents.isInstalled("mypy"), "mypy is not installed"))
    func `the client in Python is typed`() throws {
        let scene = try Scene()
        let outcome = try scene.run([
            "mypy", "--strict", "--cache-dir", scene.folder.path("cache"),
            Documents.root + "/contrib/python/gatehouse.py", Documents.root + "/contrib/python/test_gatehouse.py",
        ])
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    private static let commands: [([String], Int32)] = [
        (["ping"], 0), (["ping", "--timeout", "5"], 0), (["status", "--timeout", "5"], 0), (["status", "--json"], 0),
        (["token", "status", "--timeout", "5"], 0), (["scan", "FILE", "--timeout", "5", "--profile", "lab"], 0),
        (["scan", "FILE", "--profile", "none"], 2), (["rpc", "ping", "--timeout", "5"], 0),
        (["rpc", "scanFile", #"{"file":{"fd":0},"progress":true}"#, "--fd", "FILE"], 0),
        (["rpc", "scanFile", #"{"file":{"path":"/etc/passwd"}}"#], 2),
    ]

    @Test(arguments: commands)
    func `each command of the program sends what the daemon understands`(_ words: [String], _ status: Int32) throws {
        let scene = try Scene()
        let proxy = try scene.observedSocket()
        try scene.folder.write("f", "hello\n")
        let arguments = words.map { $0 == "FILE" ? scene.folder.path("f") : $0 }
        let outcome = try scene.run(
            [ChildProgram.builtPrograms + "/gatehouse"] + arguments,
            environment: ["GATEHOUSE_SOCKET": proxy.path]
        )
        #expect(outcome.status == status, "\(outcome)")
    }
}
