// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// libcurl and what it brings are there from the first transfer on, and not before.
@Suite(.timeLimit(.minutes(2))) struct LoadedLibraryTests {
    @Test func `libcurl is loaded by the first transfer and not by an answer that needs none`() throws {
        let scene = try Scene()
        #expect(try scene.connect().answersPing())
        #expect(try scene.connect().call("status")["result"] != nil)
        #expect(try !maps(of: scene.daemon).contains("libcurl.so"))
        #expect(try scene.scan("hello\n").verdict == "clean")
        #expect(try maps(of: scene.daemon).contains("libcurl.so"))
    }

    @Test func `a daemon without libcurl says so in each scan, and works once it is there`() throws {
        let scene = try Scene()
        let libraries = try TemporaryFolder()
        try libraries.write("libcurl.so.4", "no library")
        let daemon = try DaemonProgram(
            in: scene.folder,
            named: "second",
            configuration: scene.folder.path("gatehouse.yaml"),
            libraries: libraries.path("")
        )
        let file = try scene.file("hello\n")
        let client = try WireClient(daemon.socket, keeping: scene)
        for _ in 0..<2 {
            let reply = try client.call("scanFile", ["file": ["fd": 0]], [file.number])
            #expect(reply["result"] == nil)
            let message = reply["error"]?["message"]?.string ?? ""
            #expect(message.contains("libcurl.so.4: file too short"), "\(reply.text)")
        }
        unlink(libraries.path("libcurl.so.4"))
        // After a failure the token is asked for again a second later.
        try waitUntil("a scan works") {
            try client.call("scanFile", ["file": ["fd": 0]], [file.number]).verdict == "clean"
        }
    }

    private func maps(of daemon: DaemonProgram) throws -> String {
        try readFile("/proc/\(daemon.program.process)/maps")
    }
}
