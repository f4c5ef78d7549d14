// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Glibc
import Testing

/// The daemon where standard input, output or error is closed when it starts.
@Suite(.timeLimit(.minutes(2))) struct ClosedStreamTests {
    @Test(arguments: [[2], [0, 1, 2]] as [[Int32]])
    func `nothing of the daemon takes the place of its closed streams, and a lost log is counted`(
        _ closed: [Int32]
    ) throws {
        let folder = try TemporaryFolder()
        let engine = "{engine: clamd, socket: \(folder.path("none"))}"
        try folder.write("gatehouse.yaml", "profiles:\n  local: \(engine)\n")
        let manager = try FakeServiceManager(
            in: folder,
            configuration: folder.path("gatehouse.yaml"),
            options: ["--log-level", "info"],
            closed: closed
        )
        let process = try manager.program.process
        for number in closed { #expect(target(of: number, in: process) == "/dev/null") }
        // The sockets that it was passed begin at 3.
        #expect(try manager.connect().answersPing())
        let admin = try WireClient(manager.adminSocket, keeping: manager)
        #expect(try admin.call("reload").errorKind == nil)
        try waitUntil("what was logged counts as lost") {
            try (admin.call("status")["result"]?["log"]?["lost"]?.integer ?? 0) > 0
        }
        #expect(manager.log.isEmpty)
        #expect(try manager.stop() == 0)
    }

    private func target(of number: Int32, in process: pid_t) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/\(process)/fd/\(number)", &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
