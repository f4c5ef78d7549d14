// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// The daemon with no descriptors left.
@Suite struct ExhaustionTests {
    @Test func `with no descriptors left the daemon waits, does not spin, and recovers`() throws {
        let scene = try Scene()
        let file = try scene.file("hello\n")
        #expect(try scene.scan("hello\n").verdict == "clean")
        // A daemon that starts so has limits that fit.
        try allow(64, to: scene)
        do {
            var clients: [WireClient] = []
            for _ in 0..<100 {
                let client = try scene.connect()
                try client.request("scanFile", ["file": ["fd": 0]], [file.number])
                clients.append(client)
            }
            let before = cpuTicks(scene.daemon.program.process)
            pause(milliseconds: 1000)
            let used = cpuTicks(scene.daemon.program.process) - before
            #expect(used < 25 * ticksPerSecond / 100, "\(used) ticks of \(ticksPerSecond) a second")
            withExtendedLifetime(clients) {}
        }
        // The connections to the servers, of which some are kept for the next scan, are not among what has to go.
        try waitUntil("all callers and their files are gone") {
            guard let reply = try? scene.connect().call("status") else { return false }
            return reply["result"]?["connections"]?["open"] == 1
                && scene.daemon.program.openDescriptors(of: scene.folder.path("file")) == 0
        }
        #expect(try scene.scan("hello\n").verdict == "clean")
    }

    /// The answer blamed the caller, and was not to be tried again.
    @Test func `a file for which there is no descriptor is refused as one to send again, and taken later`() throws {
        let scene = try Scene()
        let file = try scene.file("hello\n")
        let client = try scene.connect()
        #expect(try client.call("scanFile", ["file": ["fd": 0]], [file.number]).verdict == "clean")
        let process = scene.daemon.program.process
        try waitUntil("the file is closed") {
            scene.daemon.program.openDescriptors(of: scene.folder.path("file")) == 0
        }
        let free = (3...).first { access("/proc/\(process)/fd/\($0)", F_OK) != 0 } ?? 3
        try allow(free, to: scene)
        try client.request("scanFile", ["file": ["fd": 0]], [file.number])
        let reply = try client.reply()
        #expect(reply.errorKind == "descriptorMismatch", "\(reply.text)")
        #expect(reply["error"]?["data"]?["retryable"] == true && reply["error"]?["data"]?["retryAfterMs"] == 1000)
        #expect(try client.line() == nil)
        try allow(1024, to: scene)
        #expect(try scene.scan("hello\n").verdict == "clean")
    }

    @Test func `limits fit the descriptors that the daemon may have, and one caller more is told so`() throws {
        let scene = try Scene(limits: ["uploads": 5], descriptors: 104)
        let client = try scene.connect()
        let limits = try client.call("status")["result"]?["limits"]
        #expect(limits?["connections"] == 40 && limits?["connectionsPerUid"] == 30)
        #expect(limits?["descriptorsPerUid"] == 26 && limits?["uploads"] == 5)
        try waitUntil("the log says so") {
            scene.daemon.program.errors.contains("limits.connections: 40 in place of 4096")
        }
        let others = try (0..<29).map { _ in try scene.connect() }
        for other in others { #expect(try other.answersPing()) }
        let refusal = try JSONValue(parsing: try scene.connect().line() ?? "")
        #expect(refusal.errorKind == "limitExceeded")
        let file = try scene.file("hello\n")
        for other in others {
            #expect(try other.call("scanFile", ["file": ["fd": 0]], [file.number]).verdict == "clean")
        }
    }

    /// Sets how many descriptors the daemon may have from now on; the hard limit stays.
    private func allow(_ count: Int, to scene: Scene) throws {
        let words = ["prlimit", "--pid", "\(scene.daemon.program.process)", "--nofile=\(count):"]
        let program = try ChildProgram("/usr/bin/env", words, errorLog: scene.folder.path("prlimit.log"))
        guard program.waitForEnd() == 0 else { throw TestFault("prlimit: \(program.errors)") }
    }

    private var ticksPerSecond: Int { sysconf(Int32(_SC_CLK_TCK)) }

    /// The processor time of a process so far (proc(5), fields 14 and 15 of stat).
    private func cpuTicks(_ process: pid_t) -> Int {
        let text = (try? readFile("/proc/\(process)/stat")) ?? ""
        let fields = (text.split(separator: ")").last ?? "").split(separator: " ")
        guard fields.count > 12 else { return 0 }
        return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
    }
}
