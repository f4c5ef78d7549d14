// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Faulty and hostile surroundings: the daemon says what is wrong and fails closed.
@Suite struct ConfigurationTests {
    @Test func `with a faulty configuration the daemon stays up and says so to every call`() throws {
        let folder = try TemporaryFolder()
        try folder.write("gatehouse.yaml", "profiles:\n  a:\n    engine: spe\n    nonsense: 1\n")
        let daemon = try DaemonProgram(in: folder, configuration: folder.path("gatehouse.yaml"))
        let client = try WireClient(daemon.socket)
        for method in ["ping", "status", "tokenStatus"] {
            #expect(try client.call(method).errorKind == "configuration")
        }
        let reply = try client.call("scanFile", ["file": ["content": ""]])
        #expect(reply.errorKind == "configuration")
        #expect(reply["error"]?["message"]?.string?.contains("gatehouse.yaml") == true)
    }

    @Test func `a missing credential is named, and nothing is scanned`() throws {
        let scene = try Scene()
        unlink(scene.lab.directory + "/credentials/gicar-secret")
        let daemon = try second(scene)
        let reply = try WireClient(daemon.socket).call("scanFile", ["file": ["content": ""]])
        #expect(reply.errorKind == "credentialMissing")
        #expect(reply["error"]?["message"]?.string?.contains("profiles.lab.clientSecret") == true)
        #expect(reply["error"]?["message"]?.string?.contains("gicar-secret") == false)
        let place =
            "profiles.lab.clientSecret: there is no credential file of this name in \(scene.lab.directory)/credentials"
        try waitUntil("the log names the key and the folder") { daemon.program.errors.contains(place) }
        // What stands there may be the secret itself.
        #expect(!daemon.program.errors.contains("gicar-secret"))
        #expect(try scene.lab.requests().isEmpty)
    }

    @Test func `a wrong secret stops after one attempt and says so`() throws {
        let scene = try Scene()
        try rewrite(scene.lab.directory + "/credentials/gicar-secret", "wrong")
        let daemon = try second(scene)
        for _ in 0..<5 {
            let reply = try WireClient(daemon.socket).call("scanFile", ["file": ["content": ""]])
            #expect(reply.errorKind == "wrongCredentials")
        }
        #expect(try scene.lab.count("token") == 1)
        let status = try WireClient(daemon.socket).call("tokenStatus")
        let token = status["result"]?["profiles"]?.array?.first?["tokens"]?.array?.first
        #expect(token?["state"] == "refused")
        #expect(token?["lastFailure"]?["kind"] == "wrongCredentials")
    }

    /// Only a reload or a restart did that once, whatever the hint said.
    @Test(arguments: ["gicar-secret", "ibm-client-id"])
    func `a credential that was put right is taken without a reload`(_ name: String) throws {
        let scene = try Scene()
        let path = scene.lab.directory + "/credentials/" + name
        let right = try readFile(path)
        try rewrite(path, "wrong")
        let daemon = try second(scene)
        let client = try WireClient(daemon.socket)
        #expect(try client.call("scanFile", ["file": ["content": ""]]).errorKind == "wrongCredentials")
        try rewrite(path, right)
        try waitUntil("it is taken") { try client.call("scanFile", ["file": ["content": ""]]).verdict == "clean" }
        // One attempt with the wrong one, one with the right one.
        #expect(try scene.lab.count(name == "gicar-secret" ? "token" : "authentication") == 2)
    }

    @Test func `a refresh of the tokens takes a credential that was put right`() throws {
        let scene = try Scene()
        let path = scene.lab.directory + "/credentials/gicar-secret"
        let right = try readFile(path)
        try rewrite(path, "wrong")
        let socket = scene.folder.path("second-admin")
        let daemon = try DaemonProgram(
            in: scene.folder,
            named: "second",
            configuration: scene.lab.configuration,
            ["--admin-listen", socket]
        )
        #expect(
            try WireClient(daemon.socket).call("scanFile", ["file": ["content": ""]]).errorKind == "wrongCredentials"
        )
        try rewrite(path, right)
        let report = try WireClient(socket).call("tokenRefresh")["result"]?["profiles"]?.array?.first
        #expect(report?["tokens"]?.array?.map { $0["state"] } == ["valid", "valid"])
        #expect(try WireClient(daemon.socket).call("scanFile", ["file": ["content": ""]]).verdict == "clean")
    }

    /// Anybody who may scan could have closed the gateways of others: the account's file is there for the next reload.
    @Test func `a refused credential lets no other one be looked at`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        #expect(try client.prepareGateway(["agent": .string(try scene.lab.host("MAIN-WS-1"))])["result"] != nil)
        try rewrite(scene.lab.directory + "/credentials/ksc-password", "another")
        try scene.lab.fault("token:status=401")
        #expect(try client.call("scanFile", ["file": ["content": ""]]).errorKind == "wrongCredentials")
        try rewrite(scene.lab.directory + "/credentials/gicar-secret", "another")
        try waitUntil("the profile's credential is taken") {
            _ = try client.call("scanFile", ["file": ["content": ""]])
            return scene.daemon.program.errors.contains("gicar-secret")
        }
        #expect(try client.call("listGateways")["result"]?["gateways"]?.array?.count == 1)
        #expect(!scene.daemon.program.errors.contains("ksc-password"))
    }

    @Test func `a wrong client id stops as wrong credentials`() throws {
        let scene = try Scene()
        try rewrite(scene.lab.directory + "/credentials/ibm-client-id", "wrong")
        let daemon = try second(scene)
        for _ in 0..<3 {
            let reply = try WireClient(daemon.socket).call("scanFile", ["file": ["content": ""]])
            #expect(reply.errorKind == "wrongCredentials")
        }
        #expect(try scene.lab.count("authentication") == 1)
    }

    @Test func `a server of another authority gets no byte of a secret`() throws {
        let scene = try Scene()
        let other = try Lab(in: scene.folder.path("other"))
        let configuration = try readFile(scene.lab.configuration)
        let changed = configuration.replacing(
            scene.lab.directory + "/tls/ca.pem",
            with: other.directory + "/tls/ca.pem"
        )
        try scene.folder.write("other.yaml", changed)
        let daemon = try second(scene, configuration: scene.folder.path("other.yaml"))
        let reply = try WireClient(daemon.socket).call("scanFile", ["file": ["content": ""]])
        #expect(reply.errorKind == "upstreamNotTrusted")
        #expect(try scene.lab.requests().isEmpty)
    }

    @Test func `a client that reads neither its replies nor why it is closed is closed in time`() throws {
        let scene = try Scene()
        let limited = try readFile(scene.lab.configuration) + "\nlimits: {messageTimeoutMs: 200}\n"
        try scene.folder.write("limited.yaml", limited)
        let daemon = try second(scene, configuration: scene.folder.path("limited.yaml"))
        let deaf = try WireClient(daemon.socket)
        let id = String(repeating: "i", count: 1000)
        for _ in 0..<500 { try deaf.send(#"{"jsonrpc":"2.0","id":"\#(id)","method":"ping"}"#) }
        try deaf.send("x")
        let watcher = try WireClient(daemon.socket)
        var open: JSONValue?
        for _ in 0..<1000 where open != 1 {
            open = try watcher.call("status")["result"]?["connections"]?["open"]
            pause(milliseconds: 5)
        }
        #expect(open == 1)
        withExtendedLifetime(deaf) {}
    }

    @Test func `basic client authentication works with every character of the secret`() throws {
        let scene = try Scene()
        let configuration = try readFile(scene.lab.configuration)
        let changed = configuration.replacing("clientAuthentication: body", with: "clientAuthentication: basic")
        #expect(changed != configuration)
        try scene.folder.write("basic.yaml", changed)
        let daemon = try second(scene, configuration: scene.folder.path("basic.yaml"))
        #expect(try WireClient(daemon.socket).call("scanFile", ["file": ["content": ""]]).verdict == "clean")
    }

    @Test func `proxy variables of the environment are not used`() throws {
        let scene = try Scene()
        let folder = try TemporaryFolder()
        let notifications = try NotifySocket(folder.path("n"))
        let program = try ChildProgram(
            ChildProgram.builtPrograms + "/gatehoused",
            ["--config", scene.lab.configuration, "--listen", folder.path("s")],
            environment: [
                "NOTIFY_SOCKET": folder.path("n"), "https_proxy": "http://127.0.0.1:9",
                "ALL_PROXY": "http://127.0.0.1:9",
            ],
            errorLog: folder.path("log")
        )
        let isReady = notifications.waitForReady()
        #expect(isReady)
        #expect(try WireClient(folder.path("s")).call("scanFile", ["file": ["content": ""]]).verdict == "clean")
        program.stop(SIGTERM)
    }

    @Test func `SIGTERM answers what was accepted, removes the socket and exits with 0`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:latency=300"])
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["content": ""]])
        #expect(try scene.connect().call("ping")["result"]?["pong"] == true)
        kill(scene.daemon.program.process, SIGTERM)
        #expect(try client.reply().verdict == "clean")
        #expect(try client.line() == nil)
        #expect(scene.daemon.program.waitForEnd() == 0)
        #expect(access(scene.daemon.socket, F_OK) != 0)
    }

    @Test func `a second SIGTERM answers the work that is left with stopping`() throws {
        let scene = try Scene(lab: ["--fault", "scanFile:hang"])
        let client = try scene.connect()
        try client.request("scanFile", ["file": ["content": ""]])
        try waitUntil("the upload arrives") { try scene.lab.count("scanFile") > 0 }
        kill(scene.daemon.program.process, SIGTERM)
        try waitUntil("the socket is gone") { access(scene.daemon.socket, F_OK) != 0 }
        kill(scene.daemon.program.process, SIGTERM)
        let reply = try client.reply()
        #expect(reply.errorKind == "stopping")
        #expect(reply["error"]?["data"]?["retryable"] == true)
        #expect(try client.line() == nil)
        #expect(scene.daemon.program.waitForEnd() == 0)
    }

    @Test func `each fault of a check is a line that begins with the file and the line's number`() throws {
        let folder = try TemporaryFolder()
        try folder.write("f.yaml", "profiles: {a: {engine: clamd, sokcet: /s}}\nlimits:\n  uploads: 0\n  foo: 1\n")
        let program = try ChildProgram(
            ChildProgram.builtPrograms + "/gatehoused",
            ["--check-config", "--config", folder.path("f.yaml")],
            errorLog: folder.path("log")
        )
        #expect(program.readAll().isEmpty)
        #expect(program.waitForEnd() == 1)
        let lines = program.errors.split(separator: "\n")
        #expect(lines.count >= 4)
        for line in lines { #expect(line.hasPrefix(folder.path("f.yaml") + ":"), "\(line)") }
    }

    @Test func `the command line is checked`() throws {
        let folder = try TemporaryFolder()
        func run(_ arguments: String...) throws -> (Int32, String) {
            let program = try ChildProgram(
                ChildProgram.builtPrograms + "/gatehoused",
                arguments,
                errorLog: folder.path("log-\(arguments.count)-\(UInt32.random(in: 0 ... .max))")
            )
            let output = program.readAll()
            return (program.waitForEnd(), output + program.errors)
        }
        #expect(try run("--version") == (0, "gatehoused 0.1.0"))
        #expect(try run("--help").0 == 0)
        #expect(try run("--nonsense").0 == 64)
        #expect(try run("--config").0 == 64)
        #expect(try run("--config", "/nonexistent/gatehouse.yaml", "--check-config").0 == 1)
        let long = "/tmp/" + String(repeating: "x", count: 120)
        let (status, text) = try run("--config", "/nonexistent", "--listen", long)
        #expect(status == 1)
        #expect(text.contains("107"))
    }

    private func second(_ scene: Scene, configuration: String? = nil) throws -> DaemonProgram {
        try DaemonProgram(in: scene.folder, named: "second", configuration: configuration ?? scene.lab.configuration)
    }

    private func rewrite(_ path: String, _ content: String) throws {
        let number = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC)
        guard number >= 0 else { throw SystemError.current("open") }
        let file = Descriptor(owning: number)
        let bytes = Array(content.utf8)
        #expect(write(file.number, bytes, bytes.count) == bytes.count)
    }
}
