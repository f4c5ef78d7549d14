// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// What outlives the daemon's process in the service manager's store (docs/state.md).
@Suite struct StateTests {
    @Test(arguments: [SIGTERM, SIGKILL])
    func `after a restart no new login is needed, and an open handle still works`(signal: Int32) throws {
        let place = try StateScene()
        #expect(try place.scan() == "clean")
        let handle = try place.openGateway()
        #expect(try place.call(handle)["result"]?["generation"] == 1)
        let before = try place.manager.connect().call("listGateways")["result"]?["gateways"]?.array?.first
        // A crash leaves what was stored last, which is no older than a second.
        if signal == SIGKILL { try waitUntil("it is stored") { try self.isSettled(place) } }
        let mark = try place.lab.requests().count
        try place.manager.restart(by: signal)
        #expect(try place.scan() == "clean")
        #expect(try place.call(handle)["result"]?["generation"] == 1)
        #expect(try place.operations(after: mark) == ["scanFile", "NagRdu.GetCurrentHostState"])
        let after = try place.manager.connect().call("listGateways")["result"]?["gateways"]?.array?.first
        for member in ["gateway", "openedAt", "state", "route", "idleTimeoutSeconds", "binding"] {
            #expect(before?[member] == after?[member], "\(member)")
        }
        let tokens = try place.manager.connect().call("tokenStatus").text
        #expect(tokens.contains(#""state":"valid""#), "\(tokens)")
        #expect(try place.manager.connect().call("closeGateway", ["gateway": .string(handle)])["error"] == nil)
        try waitUntil("it is ended on the server") { try place.lab.open("gateways") == 0 }
    }

    /// Whether what is stored has not changed for longer than the daemon waits.
    private func isSettled(_ place: StateScene) throws -> Bool {
        let before = place.generations
        pause(milliseconds: 1500)
        return !before.isEmpty && before == place.generations
    }

    @Test func `a session that ended meanwhile is prepared again once, and the generation rises`() throws {
        let place = try StateScene()
        let handle = try place.openGateway()
        #expect(try place.call(handle)["result"]?["generation"] == 1)
        #expect(try place.manager.stop() == 0)
        try place.lab.revoke("session")
        try place.manager.start()
        #expect(try place.call(handle)["result"]?["generation"] == 2)
        try place.manager.restart()
        #expect(try place.call(handle)["result"]?["generation"] == 2)
    }

    @Test func `a gateway by connection is gone, and says so until it is closed`() throws {
        let place = try StateScene()
        let handle = try place.openGateway([("binding", "connection")])
        #expect(try place.call(handle)["result"]?["generation"] == 1)
        try place.manager.restart()
        for _ in 0..<2 { #expect(try place.call(handle).errorKind == "gatewayGone") }
        let client = try place.manager.connect()
        #expect(try client.call("listGateways")["result"]?["gateways"]?.array?.first?["state"] == "closed")
        #expect(try client.call("closeGateway", ["gateway": .string(handle)])["error"] == nil)
        #expect(try place.call(handle).errorKind == "unknownGateway")
        #expect(try place.lab.open("connectionLogins") == 0)
    }

    @Test func `a gateway's idle time goes on over a restart`() throws {
        let place = try StateScene()
        let handle = try place.openGateway([("idleTimeoutSeconds", 2)])
        #expect(try place.manager.stop() == 0)
        pause(milliseconds: 2100)
        try place.manager.start()
        try waitUntil("it is closed") { try place.call(handle).errorKind == "unknownGateway" }
        try waitUntil("it is ended on the server") { try place.lab.open("gateways") == 0 }
    }

    @Test func `a gateway belongs to the same user after a restart`() throws {
        let place = try StateScene()
        let handle = try place.openGateway()
        try place.manager.restart()
        let listed = try WireClient(place.manager.adminSocket).call("listGateways")["result"]?["gateways"]?.array
        #expect(listed?.first?["gateway"]?.string == handle)
        #expect(listed?.first?["uid"]?.integer == Int64(geteuid()))
    }

    // MARK: What is stored

    @Test func `the new generation is stored before the old one is removed`() throws {
        let place = try StateScene()
        #expect(try place.scan() == "clean")
        try waitUntil("one is stored") { !place.generations.isEmpty }
        let first = place.generations
        _ = try place.openGateway()
        try waitUntil("another is") { place.generations != first && place.generations.count == 1 }
        #expect(place.generations.count == 1)
        let messages = place.manager.notifications.notices.messages.filter { $0.contains("FDSTORE") }
        let stored = messages.firstIndex { $0 == "FDSTORE=1\nFDNAME=\(place.generations[0])" }
        let removed = messages.firstIndex { $0 == "FDSTOREREMOVE=1\nFDNAME=\(first[0])" }
        #expect(stored != nil && removed != nil && (stored ?? 0) < (removed ?? 0), "\(messages)")
    }

    @Test func `nothing in the store can be read or changed`() throws {
        let place = try StateScene()
        #expect(try place.scan() == "clean")
        let handle = try place.openGateway()
        #expect(try place.manager.stop() == 0)
        let stored = try #require(place.manager.notifications.stored.first)
        #expect(place.generations.count == 1)
        #expect(stored.content.starts(with: Array("GHSTATE\n".utf8)))
        let text = String(decoding: stored.content, as: UTF8.self)
        // Every token of the lab is a JWT, and a session's id stands in its answer.
        for secret in try place.lab.secrets() + ["eyJ", handle, "MAIN-WS-1", try place.lab.host("MAIN-WS-1"), "main"] {
            #expect(!text.contains(secret), "\(secret)")
        }
        var byte: UInt8 = 0
        #expect(pwrite(stored.descriptor.number, &byte, 1, 0) < 0)
        #expect(errno == EPERM)
        #expect(ftruncate(stored.descriptor.number, 0) < 0)
    }

    @Test func `without a store, sessions are ended and nothing is sent`() throws {
        let place = try StateScene(storeMaximum: 0)
        #expect(try place.scan() == "clean")
        let handle = try place.openGateway()
        #expect(try place.manager.stop() == 0)
        #expect(place.generations.isEmpty)
        #expect(!place.manager.notifications.notices.messages.contains { $0.contains("FDSTORE") })
        #expect(try place.lab.open("gateways") == 0)
        try place.manager.start()
        #expect(try place.call(handle).errorKind == "unknownGateway")
    }

    // MARK: What cannot be stored

    @Test func `what could not be stored is tried again without another change`() throws {
        let place = try StateScene()
        #expect(try place.manager.connect().answersPing())
        try place.manager.notifications.setReachable(false)
        #expect(try place.scan() == "clean")
        try waitUntil("the log says so") { place.manager.log.contains("the state cannot be stored") }
        try place.manager.notifications.setReachable(true)
        try waitUntil("it is stored") { place.generations.count == 1 }
        try waitUntil("the log says so") { place.manager.log.contains("the state is stored again") }
        #expect(place.manager.log.split(separator: "\n").count { $0.contains("the state cannot be stored") } == 1)
        let mark = try place.lab.requests().count
        try place.manager.restart(by: SIGKILL)
        #expect(try place.scan() == "clean")
        #expect(try place.operations(after: mark) == ["scanFile"])
    }

    @Test func `a stop does not wait for what cannot be stored, and sessions are ended`() throws {
        let place = try StateScene()
        #expect(try place.manager.connect().answersPing())
        try place.manager.notifications.setReachable(false)
        _ = try place.openGateway()
        try waitUntil("the log says so") { place.manager.log.contains("the state cannot be stored") }
        let begin = ContinuousClock.now
        #expect(try place.manager.program.stop(SIGTERM) == 0)
        #expect(ContinuousClock.now - begin < .seconds(4))
        try place.manager.notifications.setReachable(true)
        #expect(place.generations.isEmpty)
        #expect(try place.lab.open("gateways") == 0)
    }

    // MARK: What is dropped

    /// What may have happened to a record, and what the log says then.
    private static let dropped: [(how: String, reason: String)] = [
        ("empty", "it is none that gatehoused has stored"),
        ("foreign", "it is none that gatehoused has stored"),
        ("under another generation's name", "it is none that gatehoused has stored"),
        ("cut within its head", "it is cut short"),
        ("cut within its key's salt", "it is cut short"),
        ("cut in the middle", "it is damaged"),
        ("flipped", "it is damaged"),
        ("of an earlier format", "its format is version 0, this is version 1"),
        ("of a later format", "its format is version 99, this is version 1"),
        ("not sealed", "its file is not sealed"),
        ("too large", "it is too large"),
    ]

    @Test(arguments: dropped.indices)
    func `a record that cannot be used is dropped with one line in the log`(index: Int) throws {
        let (how, reason) = Self.dropped[index]
        let place = try StateScene()
        #expect(try place.scan() == "clean")
        let handle = try place.openGateway()
        #expect(try place.manager.stop() == 0)
        let stored = try #require(place.manager.notifications.stored.first)
        var (name, content) = (stored.name, stored.content)
        switch how {
        case "foreign": content = Array("something else".utf8)
        case "under another generation's name":
            place.manager.notifications.dropStored()
            name += "0"
        case "cut within its head": content = Array(content.prefix(12))
        case "cut within its key's salt": content = Array(content.prefix(30))
        case "cut in the middle": content.removeLast(content.count / 2)
        case "flipped": content[content.count / 2] ^= 1
        case "of an earlier format": content[9] = 0
        case "of a later format": content[9] = 99
        case "empty": content = []
        default: break
        }
        let size = how == "too large" ? 64 << 20 + 1 : 0
        try place.manager.notifications.store(name, content, isSealed: how != "not sealed", size: size)
        let mark = try place.lab.requests().count
        try place.manager.start()
        try waitUntil("it is removed") { !place.generations.contains(name) }
        #expect(try place.call(handle).errorKind == "unknownGateway")
        #expect(try place.scan() == "clean")
        // As if there had been none: everything is fetched anew.
        #expect(try place.operations(after: mark).contains("token"))
        try waitUntil("a new one is stored") { place.generations.count == 1 }
        let lines = place.manager.log.split(separator: "\n").filter { $0.contains("stored state is dropped") }
        #expect(lines.count == 1, "\(lines)")
        #expect(lines.allSatisfy { $0.contains(reason) }, "\(lines)")
    }

    @Test func `a state that no credential is left to read is dropped, and removed from the store`() throws {
        let place = try StateScene()
        #expect(try place.scan() == "clean")
        #expect(try place.manager.stop() == 0)
        #expect(place.generations.count == 1)
        try place.folder.write(
            "gatehouse.yaml",
            "profiles:\n  local: {engine: clamd, socket: \(place.folder.path("none"))}\ndefaultProfile: local\n"
        )
        try place.manager.start()
        try waitUntil("it is removed") { place.generations.isEmpty }
        try waitUntil("the log says so") { place.manager.log.contains("stored state is dropped") }
        let lines = place.manager.log.split(separator: "\n").filter { $0.contains("stored state is dropped") }
        #expect(lines.count == 1 && lines.allSatisfy { $0.contains("there is no credential to read it with") })
    }

    @Test func `changed credentials drop the state`() throws {
        let place = try StateScene()
        #expect(try place.scan() == "clean")
        let handle = try place.openGateway()
        #expect(try place.manager.stop() == 0)
        let names = entries(of: place.lab.directory + "/credentials")
        let name = try #require(names.first { $0.contains("ksc") })
        try place.lab.writeCredential(name, "another")
        try place.manager.start()
        try waitUntil("the log says so") { place.manager.log.contains("the credentials have changed") }
        #expect(place.manager.log.split(separator: "\n").count { $0.contains("stored state is dropped") } == 1)
        #expect(try place.call(handle).errorKind == "unknownGateway")
    }

    @Test func `of several generations the newest that can be read counts`() throws {
        let place = try StateScene()
        #expect(try place.scan() == "clean")
        #expect(try place.manager.stop() == 0)
        let stored = try #require(place.manager.notifications.stored.first)
        try place.manager.notifications.store("gatehouse-state-1000000", Array("nothing".utf8))
        try place.manager.notifications.store("gatehouse-state-0", stored.content)
        try place.manager.notifications.store("stored", Array("nothing".utf8))
        let mark = try place.lab.requests().count
        try place.manager.start()
        #expect(try place.scan() == "clean")
        #expect(try place.operations(after: mark) == ["scanFile"])
        // A generation that was used once is not used again.
        try waitUntil("the others are removed") { place.generations == ["gatehouse-state-1000001"] }
    }

    @Test func `tokens of another client are left out, and gateways stay`() throws {
        let place = try StateScene()
        #expect(try place.scan() == "clean")
        let handle = try place.openGateway()
        #expect(try place.manager.stop() == 0)
        try place.edit(#"clientId: "gatehouse-lab""#, #"clientId: "another""#)
        try place.manager.start()
        try waitUntil("the log says so") { place.manager.log.contains("tokens of the last run are dropped") }
        let mark = try place.lab.requests().count
        #expect(try place.scan() != "clean")
        #expect(try place.operations(after: mark) == ["token"])
        #expect(try place.call(handle)["result"]?["generation"] == 1)
    }

    @Test func `gateways of another account are left out, and tokens stay`() throws {
        let place = try StateScene()
        #expect(try place.scan() == "clean")
        let handle = try place.openGateway()
        #expect(try place.manager.stop() == 0)
        try place.edit("user: api", "user: another")
        let mark = try place.lab.requests().count
        try place.manager.start()
        try waitUntil("the log says so") { place.manager.log.contains("gateways of the last run are dropped") }
        #expect(try place.call(handle).errorKind == "unknownGateway")
        #expect(try place.scan() == "clean")
        #expect(try place.operations(after: mark) == ["scanFile"])
    }

    // MARK: Reloads

    @Test func `sessions of the account before a reload are not taken for the new one's after a restart`() throws {
        let place = try StateScene()
        let handle = try place.openGateway()
        try place.edit("user: api", "user: operator")
        try place.edit("password: ksc-password", "password: ksc-operator-password")
        try place.edit("internal: true", "domain: CORP")
        #expect(try place.reload()["result"]?["changed"] == ["servers.main"])
        let second = try place.openGateway()
        try place.manager.restart()
        #expect(try place.call(handle).errorKind == "unknownGateway")
        let mark = try place.lab.requests().count
        #expect(try place.call(second)["result"]?["generation"] == 1)
        #expect(try place.operations(after: mark) == ["NagRdu.GetCurrentHostState"])
        #expect(try place.manager.connect().call("listGateways")["result"]?["gateways"]?.array?.count == 1)
    }

    @Test(arguments: [true, false])
    func `after a faulty start a repaired configuration keeps the state`(hasState: Bool) throws {
        let place = try StateScene()
        let text = try readFile(place.folder.path("gatehouse.yaml"))
        var handle = ""
        if hasState {
            #expect(try place.scan() == "clean")
            handle = try place.openGateway()
        }
        #expect(try place.manager.stop() == 0)
        #expect(place.generations.isEmpty == !hasState)
        try place.folder.write("gatehouse.yaml", "profiles: 5\n")
        try place.manager.start()
        #expect(try place.scan() == "configuration")
        try place.folder.write("gatehouse.yaml", text)
        let mark = try place.lab.requests().count
        #expect(try place.reload()["result"] != nil)
        #expect(try place.scan() == "clean")
        if hasState {
            #expect(try place.call(handle)["result"]?["generation"] == 1)
            #expect(try place.operations(after: mark) == ["scanFile", "NagRdu.GetCurrentHostState"])
        } else {
            handle = try place.openGateway()
        }
        let second = try place.lab.requests().count
        try place.manager.restart()
        #expect(try place.scan() == "clean")
        #expect(try place.call(handle)["result"]?["generation"] == 1)
        #expect(try place.operations(after: second) == ["scanFile", "NagRdu.GetCurrentHostState"])
    }

    @Test func `a configuration without credentials empties the store, and one with them fills it again`() throws {
        let place = try StateScene()
        let text = try readFile(place.folder.path("gatehouse.yaml"))
        #expect(try place.scan() == "clean")
        try waitUntil("it is stored") { place.generations.count == 1 }
        try place.folder.write(
            "gatehouse.yaml",
            "profiles:\n  local: {engine: clamd, socket: \(place.folder.path("none"))}\ndefaultProfile: local\n"
        )
        #expect(try place.reload()["result"] != nil)
        try waitUntil("nothing is stored") { place.generations.isEmpty }
        try place.folder.write("gatehouse.yaml", text)
        #expect(try place.reload()["result"] != nil)
        #expect(try place.scan() == "clean")
        try waitUntil("it is stored again") { place.generations.count == 1 }
    }
}
