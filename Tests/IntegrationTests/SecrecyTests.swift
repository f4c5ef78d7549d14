// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Glibc
import Testing

/// Looks for planted secrets wherever they could have gone.
@Suite struct SecrecyTests {
    @Test func `no secret and no token reaches a reply, a log, the arguments or the environment`() throws {
        let scene = try Scene(daemon: ["--log-level", "trace"])
        var seen = try scene.scan("hello\n").text
        for fault in ["scanFile:status=401-spe", "scanFile:status=500-ctti", "token:status=400", "scanFile:html"] {
            try scene.lab.fault(fault)
            try scene.lab.revoke("gicar")
            seen += try scene.scan(eicar).text
            try scene.lab.clearFaults()
        }
        for method in ["tokenStatus", "status"] { seen += try scene.connect().call(method).text }
        seen += scene.daemon.program.errors
        seen += try readFile("/proc/\(scene.daemon.program.process)/cmdline")
        // Its environment is ours to read only as root: the daemon is not dumpable.
        seen += (try? readFile("/proc/\(scene.daemon.program.process)/environ")) ?? ""
        for secret in try scene.lab.secrets() {
            #expect(!secret.isEmpty)
            #expect(!seen.contains(secret))
        }
        // Every token of the lab is a JWT: three parts, of which the first begins with an encoded `{"`.
        #expect(!seen.contains("eyJ"))
    }

    @Test func `the daemon leaves no core and cannot be traced by its own user`() throws {
        let scene = try Scene()
        let limits = try readFile("/proc/\(scene.daemon.program.process)/limits")
        let core = limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") }
        #expect(core?.split(separator: " ").dropFirst(4).prefix(2).elementsEqual(["0", "0"]) == true)
        // A process that is not dumpable belongs to root in /proc, whoever runs it.
        var status = stat()
        #expect(stat("/proc/\(scene.daemon.program.process)/mem", &status) == 0)
        #expect(status.st_uid == 0)
    }
}
