// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// Whose a gateway is: its user's and nobody else's.
@Suite(.timeLimit(.minutes(2))) struct GatewayOwnerTests {
    @Test func `handles cannot be guessed`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        let handles = try (0..<20).map { _ in try client.openGateway(target) }
        #expect(Set(handles).count == 20)
        // 128 bits that have nothing in common: 22 digits of base64 after the prefix.
        for handle in handles { #expect(handle.hasPrefix("gw-") && handle.utf8.count >= 3 + 22, "\(handle)") }
        // The last digit holds two bits.
        for place in 3..<24 {
            let digits = Set(handles.map { Array($0.utf8).dropFirst(place).first })
            #expect(digits.count > 2, "the digit at \(place) hardly changes")
        }
        let last = handles[19]
        let near = String(last.dropLast()) + (last.hasSuffix("A") ? "Q" : "A")
        for wrong in [near, last.lowercased(), String(last.dropLast()), last + "A"] where wrong != last {
            let kind = try client.callAgent(wrong, "NagRdu.GetCurrentHostState").errorKind
            #expect(kind == "unknownGateway" || kind == "invalidParams", "\(wrong): \(kind ?? "")")
        }
    }

    @Test(.enabled(if: Scene.hasOtherUsers, "only root can be two users"))
    func `the administrators' socket shows and closes everybody's gateways`() throws {
        let folder = try TemporaryFolder()
        let scene = try Scene(
            daemon: ["--admin-listen", folder.path("admin")],
            administrators: Scene.otherUser,
            in: folder
        )
        let other = try scene.connect(as: Scene.otherUser)[0]
        let handle = try other.openGateway(["agent": .string(try scene.lab.host("MAIN-WS-1"))])
        let admin = try WireClient(folder.path("admin"), keeping: scene)
        #expect(try scene.connect().call("listGateways")["result"]?["gateways"] == [])
        let seen = try admin.call("listGateways")["result"]?["gateways"]?.array ?? []
        #expect(seen.map { $0["gateway"]?.string } == [handle])
        #expect(seen.first?["uid"]?.integer == Int64(Scene.otherUser))
        #expect(try admin.call("tokenStatus")["result"]?["sessions"]?.array?.isEmpty == false)
        #expect(try scene.connect().call("tokenStatus")["result"]?["sessions"] == [])
        #expect(try admin.call("closeGateway", ["gateway": .string(handle)])["result"] == ["closed": true])
        #expect(try other.call("listGateways")["result"]?["gateways"] == [])
    }

    @Test(.enabled(if: Scene.hasOtherUsers, "only root can be two users"))
    func `another user's handle is unknown, whatever is done with it`() throws {
        let scene = try Scene(administrators: Scene.otherUser)
        let mine = try scene.connect()
        let other = try scene.connect(as: Scene.otherUser)[0]
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        let handle = try mine.openGateway(target)
        let calls = try scene.lab.calls().count
        #expect(try other.callAgent(handle, "NagRdu.GetCurrentHostState").errorKind == "unknownGateway")
        #expect(try other.call("closeGateway", ["gateway": .string(handle)]).errorKind == "unknownGateway")
        #expect(try other.call("listGateways")["result"]?["gateways"] == [])
        #expect(try scene.lab.calls().count == calls)
        // Nothing is shared between users, the account's session on the server neither.
        let theirs = try other.openGateway(target)
        let sessions = Set(
            try scene.lab.calls().filter { $0.operation == "GatewayConnection.PrepareGatewayConnection" }
                .map(\.session)
        )
        #expect(sessions.count == 2)
        #expect(try scene.lab.open("gateways") == 2)
        #expect(
            try other.call("listGateways")["result"]?["gateways"]?.array?.compactMap { $0["gateway"]?.string } == [
                theirs
            ]
        )
        #expect(try mine.callAgent(theirs, "NagRdu.GetCurrentHostState").errorKind == "unknownGateway")
        #expect(try mine.call("closeGateway", ["gateway": .string(theirs)]).errorKind == "unknownGateway")
        #expect(try mine.callAgent(handle, "NagRdu.GetCurrentHostState")["error"] == nil)
        #expect(try other.callAgent(theirs, "NagRdu.GetCurrentHostState")["error"] == nil)
    }

    @Test(.enabled(if: Scene.hasOtherUsers, "only root can be two users"))
    func `a user without the permission opens, calls and sees nothing`() throws {
        let scene = try Scene()
        let client = try scene.connect(as: Scene.otherUser)[0]
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        let requests: [(String, JSONValue)] = [
            ("prepareGateway", ["target": target]),
            ("callAgent", ["target": target, "method": "NagRdu.GetCurrentHostState"]),
            ("callServer", ["method": "HostGroup.GroupIdGroups"]),
            ("findHosts", ["name": "MAIN-WS-1"]),
            ("listSecondaries", [:]),
            ("closeGateway", ["gateway": "gw-0000000000000000000000"]),
        ]
        for (method, params) in requests {
            #expect(try client.call(method, params).errorKind == "forbidden", "\(method)")
        }
        #expect(try client.answersPing())
        #expect(try scene.lab.calls().isEmpty)
    }

    @Test(.enabled(if: Scene.hasOtherUsers, "only root can be two users"))
    func `the user who stands for many owns no gateway`() throws {
        let scene = try Scene(administrators: 65534)
        let client = try scene.connect(as: 65534)[0]
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        #expect(try client.call("prepareGateway", ["target": target]).errorKind == "forbidden")
        #expect(try scene.lab.calls().isEmpty)
    }

    @Test func `a user has as many gateways as configured, and room comes back`() throws {
        let scene = try Scene(limits: ["gatewaysPerUid": 2])
        let client = try scene.connect()
        let target: JSONValue = ["agent": .string(try scene.lab.host("MAIN-WS-1"))]
        let handles = try (0..<2).map { _ in try client.openGateway(target) }
        let refusal = try client.prepareGateway(target)
        #expect(refusal.errorKind == "limitExceeded")
        #expect(refusal["error"]?["data"]?["hint"]?.string?.contains("limits.gateways") == true)
        #expect(try client.call("closeGateway", ["gateway": .string(handles[0])])["error"] == nil)
        _ = try client.openGateway(target)
    }
}
