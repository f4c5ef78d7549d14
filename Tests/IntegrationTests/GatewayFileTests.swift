// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// `getFile` and `putFile`: bytes between an agent and a caller's descriptor, through a gateway.
@Suite(.timeLimit(.minutes(2))) struct GatewayFileTests {
    @Test(arguments: ["session", "connection"])
    func `a file of an agent arrives whole in the caller's file`(binding: String) throws {
        let scene = try Scene()
        let client = try scene.connect()
        let gateway = try open(scene, client, binding: binding)
        let path = try downloadPath(client, gateway)
        let file = try emptyFile(scene)
        let reply = try client.call("getFile", request(gateway, "source", path), [file.number])
        #expect(reply["result"]?["bytes"]?.integer == 3 << 20)
        #expect(reply["result"]?["generation"] == 1)
        #expect(size(file) == 3 << 20)
        let digest = try scene.run(["sha256sum", scene.folder.path("empty")]).output.prefix(64)
        #expect(reply["result"]?["sha256"] == .string(String(digest)))
    }

    @Test func `the audit says which file came or went, how long it was, and its hash`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let gateway = try open(scene, client)
        let source = try downloadPath(client, gateway)
        let empty = try emptyFile(scene)
        let got = try client.call("getFile", request(gateway, "source", source), [empty.number])
        let destination = try text(client, gateway, "NagRdu.GetUrlToUploadFileToHost")
        let file = try scene.file("hello\n")
        #expect(try client.call("putFile", request(gateway, "target", destination), [file.number])["result"] != nil)
        func lines() -> [Substring] {
            scene.daemon.program.errors.split(separator: "\n").filter { $0.contains(" outcome=done ") }
        }
        try waitUntil("the audit is written") { lines().contains { $0.contains(#""putFile""#) } }
        let hash = try #require(got["result"]?["sha256"]?.string)
        let fetched = try #require(lines().first { $0.contains(#""getFile""#) })
        #expect(fetched.contains(#" source="{\"path\":\"\#(source)\"}" "#), "\(fetched)")
        #expect(fetched.contains(#" size=3145728 sha256="\#(hash)" "#), "\(fetched)")
        let sent = try #require(lines().first { $0.contains(#""putFile""#) })
        #expect(sent.contains(#" destination="{\"path\":\"\#(destination)\"}" "#), "\(sent)")
        #expect(sent.contains(" size=6 sha256=") && !sent.contains(" target="), "\(sent)")
    }

    @Test func `a download tells how far it is, from its start to its end`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let gateway = try open(scene, client)
        let path = try downloadPath(client, gateway)
        let file = try emptyFile(scene)
        try client.request("getFile", request(gateway, "source", path).setting("progress", true), [file.number])
        var told: [Int64] = []
        var reply = try client.reply()
        while reply["method"] == "progress" {
            #expect(reply["params"]?["total"] == 3_145_728)
            told.append(reply["params"]?["done"]?.integer ?? -1)
            reply = try client.reply()
        }
        #expect(reply["result"]?["bytes"] == 3_145_728)
        #expect(told == Set(told).sorted() && told.last == 3_145_728)
        #expect(told.first ?? 3_145_728 < 3_145_728)
    }

    @Test func `an item of a list is put together from its pieces`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let gateway = try open(scene, client)
        let item: JSONValue = ["list": "Quarantine", "item": "item-1", "product": "KES", "version": "11.0.0.0"]
        let file = try emptyFile(scene)
        let params: JSONValue = ["gateway": gateway, "source": ["listItem": item], "file": ["fd": 0]]
        let reply = try client.call("getFile", params, [file.number])
        #expect(reply["result"]?["bytes"]?.integer == size(file))
        #expect(size(file) > 0)
    }

    @Test func `a caller's file arrives whole at the agent, in pieces`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let gateway = try open(scene, client)
        let path = try text(client, gateway, "NagRdu.GetUrlToUploadFileToHost")
        let file = try scene.file(String(repeating: "0123456789abcde\n", count: 160_000))
        var params = request(gateway, "target", path)
        params = params.setting("progress", true)
        try client.request("putFile", params, [file.number])
        var told: [Int64] = []
        var reply = try client.reply()
        while reply["method"] == "progress" {
            told.append(reply["params"]?["done"]?.integer ?? -1)
            reply = try client.reply()
        }
        #expect(reply["result"]?["bytes"] == 2_560_000)
        #expect(told.last == 2_560_000)
    }

    @Test func `what cannot be filled is refused, and a failure leaves the file empty`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let gateway = try open(scene, client)
        let full = try scene.file("something")
        let path = try downloadPath(client, gateway)
        #expect(try client.call("getFile", request(gateway, "source", path), [full.number]).errorKind == "fileRefused")
        try scene.lab.fault("FTDR:status=500")
        let file = try emptyFile(scene)
        let reply = try client.call("getFile", request(gateway, "source", path), [file.number])
        #expect(reply["error"] != nil)
        #expect(size(file) == 0)
    }

    // A disk that is full after a part: the caller reads an error, and no half file looks like the whole one.
    @Test(.enabled(if: geteuid() == 0, "only root can mount a small disk"))
    func `a full disk is an error, leaves the file empty and the gateway open`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let gateway = try open(scene, client)
        try scene.folder.makeFolder("disk")
        let disk = scene.folder.path("disk")
        let mount = try scene.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk])
        try #require(mount.status == 0, "\(mount.errors)")
        defer { _ = try? scene.run(["umount", "-l", disk]) }
        try scene.folder.write("disk/file", "")
        let file = try scene.open("disk/file", O_RDWR)
        let path = try downloadPath(client, gateway)
        let reply = try client.call("getFile", request(gateway, "source", path), [file.number])
        #expect(reply["error"]?["message"]?.string?.contains("No space left") == true, "\(reply.text)")
        #expect(size(file) == 0)
        let other = try emptyFile(scene)
        let second = try client.call(
            "getFile",
            request(gateway, "source", downloadPath(client, gateway)),
            [other.number]
        )
        #expect(second["result"]?["bytes"] == 3_145_728, "\(second.text)")
    }

    // SIGXFSZ is sent with that error, and would end a process that does not ignore it.
    @Test func `a file that is larger than the daemon may write is an error, and ends nothing`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let gateway = try open(scene, client)
        let path = try downloadPath(client, gateway)
        let process = String(scene.daemon.program.process)
        let limited = try scene.run(["prlimit", "--fsize=1048576", "--pid", process])
        try #require(limited.status == 0, "\(limited.errors)")
        let file = try emptyFile(scene)
        let reply = try client.call("getFile", request(gateway, "source", path), [file.number])
        #expect(reply.errorKind == "fileUnwritable", "\(reply.text)")
        #expect(reply["error"]?["message"]?.string?.contains("File too large") == true, "\(reply.text)")
        #expect(size(file) == 0)
        #expect(try client.answersPing())
        let ignored = try readFile("/proc/\(process)/status").split(separator: "\n").first { $0.hasPrefix("SigIgn:") }
        let mask = UInt64(ignored?.split(separator: "\t").last ?? "", radix: 16) ?? 0
        #expect(mask & 1 << (SIGXFSZ - 1) != 0)
    }

    @Test(arguments: ["/FTDR/../x", "https://elsewhere.example/FTDR/x", "/FTUR/x", "/api/v1.0/x"])
    func `an address that is none of this server's files is not followed`(path: String) throws {
        let scene = try Scene()
        let client = try scene.connect()
        let gateway = try open(scene, client)
        let before = try scene.lab.requests().count
        let file = try emptyFile(scene)
        let reply = try client.call("getFile", request(gateway, "source", path), [file.number])
        #expect(reply.errorKind == "invalidReplyURL")
        #expect(try scene.lab.requests().count == before)
    }

    // MARK: Steps

    private func open(_ scene: Scene, _ client: WireClient, binding: String = "session") throws -> JSONValue {
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        let reply = try client.call("prepareGateway", ["target": target, "binding": .string(binding)])
        return try #require(reply["result"]?["gateway"], "\(reply.text)")
    }

    private func text(
        _ client: WireClient,
        _ gateway: JSONValue,
        _ method: String,
        _ arguments: JSONValue = [:]
    ) throws -> String {
        let params: JSONValue = ["gateway": gateway, "method": .string(method), "arguments": arguments]
        return try #require(try client.call("callAgent", params)["result"]?["result"]?.string)
    }

    private func downloadPath(_ client: WireClient, _ gateway: JSONValue) throws -> String {
        try text(client, gateway, "NagRdu.GetUrlToDownloadFileFromHost", ["szwRemoteFile": "trace-kes-1"])
    }

    private func request(_ gateway: JSONValue, _ end: String, _ path: String) -> JSONValue {
        let params: JSONValue = ["gateway": gateway, "file": ["fd": 0]]
        return params.setting(end, ["path": .string(path)])
    }

    private func emptyFile(_ scene: Scene) throws -> Descriptor {
        try scene.folder.write("empty", "")
        return try scene.open("empty", O_RDWR)
    }

    private func size(_ file: borrowing Descriptor) -> Int64 {
        var status = stat()
        return fstat(file.number, &status) == 0 ? Int64(status.st_size) : -1
    }
}

extension JSONValue {
    fileprivate func setting(_ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var object) = self else { return self }
        object[name] = value
        return .object(object)
    }
}
