// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Testing

/// A gateway that answers before it has the file.
@Suite(.timeLimit(.minutes(5))) struct HastyAnswerTests {
    @Test func `an answer that comes before the file is never clean`() throws {
        let folder = try TemporaryFolder()
        let server = try StandInServer.hasty(in: folder)
        let scene = try Scene(in: folder) { try server.scanning($0, $1) }
        // The sockets of both sides hold a part of it only.
        let rest = String(repeating: "x", count: 48 << 20)
        let early = try scene.scan("fine" + rest)
        #expect(early.verdict == nil, "\(early.text.prefix(300))")
        #expect(early.errorKind == "upstreamAnswer", "\(early.text.prefix(300))")
        let infected = try scene.scan("bad" + rest)
        #expect(infected.verdict == "infected", "\(infected.text.prefix(300))")
        #expect(infected["result"]?["sha256"] == .null)
        let large = try scene.scan("big" + rest)
        #expect(large.verdict == "notScanned", "\(large.text.prefix(300))")
        #expect(large["result"]?["reason"] == "fileSizeTooLarge")
        // Of a small file all is on its way when the answer comes.
        #expect(try scene.scan("fine").verdict == "clean")
    }
}
