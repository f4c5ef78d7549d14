// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import Testing

/// The examples of the documents, exactly as they stand there, against the built daemon.
@Suite struct ClientExampleTests {
    private static let clients = "docs/clients.md"

    @Test(.enabled(if: Documents.isInstalled("python3"), "python3 is not installed"))
    func `the callers in Python of README.md work`() throws {
        let blocks = try Documents.blocks("python", in: "README.md")
        #expect(blocks.count == 2)
        for block in blocks { try check(["python3"], block, named: "caller.py") }
    }

    @Test(.enabled(if: Documents.isInstalled("python3"), "python3 is not installed"))
    func `the caller in Python of docs/clients_md works`() throws {
        try check(["python3"], try only("python"), named: "caller.py")
    }

    @Test(.enabled(if: Documents.isInstalled("socat"), "socat is not installed"))
    func `the caller in shell with socat works`() throws {
        let blocks = try Documents.blocks("sh", in: Self.clients).filter { $0.contains("socat") }
        #expect(blocks.count == 1)
        for block in blocks { try check(["sh"], block, named: "caller.sh") }
    }

    @Test(.enabled(if: Documents.isInstalled("node"), "nodejs is not installed"))
    func `the caller in Node works`() throws {
        try check(["node"], try only("js"), named: "caller.js")
    }

    @Test(.enabled(if: Documents.isInstalled("go"), "golang-go is not installed"))
    func `the caller in Go works`() throws {
        let scene = try Scene()
        try scene.folder.write("caller.go", try only("go"))
        let program = scene.folder.path("caller")
        let environment = ["GOCACHE": scene.folder.path("cache"), "GOPATH": scene.folder.path("go"), "GOPROXY": "off"]
        let build = try scene.run(
            ["go", "build", "-o", program, scene.folder.path("caller.go")],
            environment: environment
        )
        #expect(build.status == 0, "\(build.errors)")
        try check([program], in: scene)
    }

    private func only(_ language: String) throws -> String {
        let blocks = try Documents.blocks(language, in: Self.clients)
        guard blocks.count == 1 else { throw TestFault("\(blocks.count) blocks of \(language) in \(Self.clients)") }
        return blocks[0]
    }

    private func check(_ command: [String], _ code: String, named name: String) throws {
        let scene = try Scene()
        try scene.folder.write(name, code)
        try check(command + [scene.folder.path(name)], in: scene)
    }

    /// Clean ends with 0 and says so; all else ends otherwise and never says clean alone.
    private func check(_ command: [String], in scene: Scene) throws {
        let proxy = try scene.observedSocket()
        func scan(_ path: String, socket: String = proxy.path) throws -> Outcome {
            let environment = ["GATEHOUSE_SOCKET": socket, "PYTHONPATH": Documents.root + "/contrib/python"]
            return try scene.run(command + [path], environment: environment)
        }
        try scene.folder.write("good", "hello\n")
        try scene.folder.write("empty", "")
        try scene.folder.write("bad", eicar)
        extend(scene.folder.path("large"), to: 2 << 20, endingIn: eicar)
        for name in ["good", "empty"] {
            let outcome = try scan(scene.folder.path(name))
            #expect(outcome.status == 0 && outcome.output == "clean", "\(outcome)")
        }
        for name in ["bad", "large"] {
            let outcome = try scan(scene.folder.path(name))
            #expect(outcome.status == 1 && outcome.output != "clean", "\(outcome)")
        }
        try scene.lab.fault("scanFile:status=500")
        for outcome in [
            try scan(scene.folder.path("good")), try scan(scene.folder.path("none")), try scan(scene.folder.path),
            try scan(scene.folder.path("good"), socket: scene.folder.path("nobody")),
        ] {
            #expect(outcome.status > 0 && outcome.output != "clean", "\(outcome)")
        }
    }
}
