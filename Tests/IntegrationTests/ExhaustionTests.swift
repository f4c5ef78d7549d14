// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// The daemon with no descriptors left.
@Suite struct ExhaustionTests {
    @Test func `with no descriptors left the daemon waits, does not spin, and recovers`() throws {
        let scene = try Scene(descriptors: 64)
        let file = try scene.file("hello\n")
        #expect(try scene.scan("hello\n").verdict == "clean")
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

    private var ticksPerSecond: Int { sysconf(Int32(_SC_CLK_TCK)) }

    /// The processor time of a process so far (proc(5), fields 14 and 15 of stat).
    private func cpuTicks(_ process: pid_t) -> Int {
        let text = (try? readFile("/proc/\(process)/stat")) ?? ""
        let fields = (text.split(separator: ")").last ?? "").split(separator: " ")
        guard fields.count > 12 else { return 0 }
        return (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
    }
}
