// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Glibc
import Testing

/// What goes wrong at a Security Center, or behind it: each an error of its own kind, and no call sent twice.
@Suite(.timeLimit(.minutes(2))) struct GatewayFaultTests {
    private static let call = "NagHstCtl.SendProductAction"
    private static let arguments: JSONValue = ["szwProduct": "KES", "szwVersion": "11.0.0.0", "nProductAction": 0]

    private func agent(_ scene: Scene) throws -> JSONValue { ["agent": .string(try scene.lab.host("MAIN-WS-1"))] }

    // MARK: Calls whose answer is lost

    @Test(arguments: ["reset", "reset=0", "reset=20", "halfBody"])
    func `a call whose answer is lost is not sent again`(fault: String) throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        // Over a kept connection, where libcurl itself would repeat it, and over a new one.
        for _ in 0..<2 {
            try scene.lab.fault("\(Self.call):\(fault),times=1")
            let mark = try scene.lab.requests().count
            let reply = try client.callAgent(handle, Self.call, Self.arguments)
            #expect(reply.errorKind == "outcomeUnknown", "\(reply.text)")
            #expect(reply["error"]?["data"]?["retryable"] == false)
            #expect(try scene.lab.operations(after: mark) == [Self.call])
        }
        #expect(try client.callAgent(handle, Self.call, Self.arguments)["result"]?["generation"] == 1)
    }

    @Test func `a call that may be repeated is repeated once`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        let may: [(String, JSONValue)] = [("idempotent", true)]
        #expect(try client.callAgent(handle, Self.call, Self.arguments)["error"] == nil)
        try scene.lab.fault("\(Self.call):reset,times=1")
        var mark = try scene.lab.requests().count
        let reply = try client.callAgent(handle, Self.call, Self.arguments, may)
        #expect(reply["error"] == nil, "\(reply.text)")
        #expect(try scene.lab.operations(after: mark) == [Self.call, Self.call])
        try scene.lab.fault("\(Self.call):reset")
        mark = try scene.lab.requests().count
        let lost = try client.callAgent(handle, Self.call, Self.arguments, may)
        #expect(lost.errorKind == "upstreamUnreachable", "\(lost.text)")
        #expect(lost["error"]?["data"]?["retryable"] == true)
        #expect(try scene.lab.operations(after: mark) == [Self.call, Self.call])
    }

    @Test func `a server that has gone is unreachable, and nothing is in doubt`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        scene.lab.program.stop(SIGKILL)
        // The kept connection may seem good until something is written to it.
        let first = try client.callAgent(handle, Self.call, Self.arguments).errorKind
        #expect(first == "upstreamUnreachable" || first == "outcomeUnknown")
        let second = try client.callAgent(handle, Self.call, Self.arguments)
        #expect(second.errorKind == "upstreamUnreachable", "\(second.text)")
        #expect(try client.prepareGateway(["secondary": 1]).errorKind == "upstreamUnreachable")
        #expect(try client.call("callServer", ["method": "HostGroup.GroupIdGroups"]).errorKind == "upstreamUnreachable")
    }

    @Test func `an agent that never answers costs its caller the deadline and nothing else`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(["agent": .string(try scene.lab.host("MAIN-SILENT"))])
        for _ in 0..<3 {
            let reply = try client.callAgent(handle, "NagRdu.GetCurrentHostState", [:], [("deadlineMs", 200)])
            #expect(reply.errorKind == "deadlineExceeded", "\(reply.text)")
            #expect(reply["error"]?["data"]?["outcome"] == "unknown")
        }
        #expect(try client.call("listGateways")["result"]?["gateways"]?.array?.first?["callsInFlight"] == 0)
        #expect(try client.call("closeGateway", ["gateway": .string(handle)])["error"] == nil)
        try waitUntil("it is ended") { try scene.lab.open("gateways") == 0 }
    }

    // MARK: Answers

    @Test(arguments: [
        ("wrongJson", "upstreamAnswer"), ("html", "upstreamAnswer"), ("emptyBody", "upstreamAnswer"),
        ("status=500", "upstreamFailed"), ("status=503", "upstreamFailed"), ("html=502", "upstreamFailed"),
        ("status=404", "upstreamRefused"), ("redirect", "upstreamRefused"), ("redirect=301", "upstreamRefused"),
        ("error=1186", "upstreamError"), ("error=1195", "upstreamError"), ("error=1194-KLCONN", "upstreamError"),
        ("error=1184", "noPermission"),
    ])
    func `an answer that is none has its own kind, and its call is sent once`(fault: String, kind: String) throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        try scene.lab.fault("\(Self.call):\(fault)")
        for more in [[], [("idempotent", JSONValue.bool(true))]] {
            let mark = try scene.lab.requests().count
            let reply = try client.callAgent(handle, Self.call, Self.arguments, more)
            #expect(reply.errorKind == kind, "\(reply.text)")
            #expect(reply["error"]?["data"]?["upstream"]?["name"] == "main")
            #expect(try scene.lab.operations(after: mark) == [Self.call])
        }
        try scene.lab.clearFaults()
        #expect(try client.callAgent(handle, Self.call, Self.arguments)["result"]?["generation"] == 1)
    }

    @Test func `an answer in drips without a type is an answer`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        try scene.lab.fault("NagRdu.*:drip=10")
        try scene.lab.fault("NagRdu.*:noContentType")
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"]?["result"]?["HostDN"] != nil)
    }

    @Test(arguments: ["session", "connection"])
    func `an answer of 100 MB is refused within bounded memory`(binding: String) throws {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene), [("binding", .string(binding))])
        let before = try scene.daemon.memory()
        try scene.lab.fault("NagRdu.*:hugeBody,times=1")
        let reply = try client.callAgent(handle, "NagRdu.GetCurrentHostState")
        #expect(reply.errorKind == "replyTooLarge", "\(reply.text)")
        let growth = try scene.daemon.memory() - before
        #expect(growth < 64 << 20, "\(growth >> 20) MiB")
        let next = try client.callAgent(handle, "NagRdu.GetCurrentHostState")
        #expect(binding == "connection" ? next.errorKind == "gatewayGone" : next["error"] == nil, "\(next.text)")
    }

    // MARK: Certificates

    @Test func `a certificate that changed is not trusted and gets no credentials`() throws {
        let scene = try Scene()
        try scene.lab.set("certificate=other")
        let client = try scene.connect()
        let target = try agent(scene)
        #expect(try client.prepareGateway(target).errorKind == "upstreamNotTrusted")
        #expect(try client.call("listSecondaries").errorKind == "upstreamNotTrusted")
        #expect(try scene.lab.calls().isEmpty)
        try scene.lab.set("certificate=first")
        _ = try client.openGateway(target)
        try scene.lab.set("certificate=other")
        #expect(try client.prepareGateway(target, [("binding", "connection")]).errorKind == "upstreamNotTrusted")
    }

    @Test func `the pin of the new certificate is trusted after the change alone`() throws {
        let scene = try Scene { configuration, lab in
            configuration.replacing(try lab.certificatePin(), with: try lab.certificatePin(other: true))
        }
        let client = try scene.connect()
        #expect(try client.call("listSecondaries").errorKind == "upstreamNotTrusted")
        try scene.lab.set("certificate=other")
        #expect(try client.call("listSecondaries")["error"] == nil)
    }

    /// A server that fails after it took the request may have carried it out: an invitation to try again would start
    /// the task twice.
    @Test(arguments: ["status=503", "wrongJson", "halfBody"])
    func `a failure after a call has left invites to repeat it only where the caller allows that`(fault: String) throws
    {
        let scene = try Scene()
        let client = try scene.connect()
        let handle = try client.openGateway(["agent": .string(try scene.lab.host("MAIN-WS-1"))])
        try scene.lab.fault("NagRdu.GetCurrentHostState:\(fault)")
        let params: JSONValue = ["gateway": .string(handle), "method": "NagRdu.GetCurrentHostState"]
        let once = try client.call("callAgent", params)["error"]?["data"]
        #expect(once?["retryable"] == false, "\(once?.text ?? "")")
        #expect(once?["outcome"] == "unknown")
        guard case .object(var object) = params else { return }
        object["idempotent"] = true
        let again = try client.call("callAgent", .object(object))["error"]?["data"]
        #expect(again?["retryable"] == true, "\(again?.text ?? "")")
    }

    // MARK: Routes

    @Test(arguments: ["Session.StartSession:revoked,times=1,after=1", "Session.StartSession:reset,times=1,after=1"])
    func `a key that died or may have been spent is replaced once`(fault: String) throws {
        let scene = try Scene(lab: ["--fault", fault])
        let client = try scene.connect()
        let handle = try client.openGateway(try agent(scene))
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["error"] == nil)
        #expect(try scene.lab.count("GatewayConnection.PrepareGatewayConnection") == 2)
        #expect(try scene.lab.count("CgwHelper.GetNagentLocation") == 1)
        #expect(try scene.lab.open("gatewayKeys") == 0)
    }

    @Test(arguments: ["session", "connection"])
    func `keys that die whenever they are used are given up`(binding: String) throws {
        let scene = try Scene(lab: ["--fault", "login:revoked,times=100"])
        try scene.lab.fault("Session.StartSession:revoked,times=100,after=1")
        let client = try scene.connect()
        let reply = try client.prepareGateway(try agent(scene), [("binding", .string(binding))])
        #expect(reply.errorKind == "gatewayKeyRefused", "\(reply.text)")
        #expect(try scene.lab.count("GatewayConnection.PrepareGatewayConnection") == 2)
        try scene.lab.clearFaults()
        _ = try client.openGateway(try agent(scene), [("binding", .string(binding))])
    }

    @Test func `a location that vanished and a target that is away are told apart`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let target = try agent(scene)
        try scene.lab.fault("GatewayConnection.*:error=1186,times=1")
        #expect(try client.prepareGateway(target).errorKind == "locationGone")
        try scene.lab.fault("GatewayConnection.*:error=1195,times=1")
        let away = try client.prepareGateway(target)
        #expect(away.errorKind == "targetUnreachable")
        #expect(away["error"]?["data"]?["retryable"] == true)
        // A gateway on the way whose location is void leads nowhere any more.
        let north = try client.openGateway(["secondary": 1])
        try scene.lab.set("forget=north")
        let behind: JSONValue = ["agent": .string(try scene.lab.host("NORTH-WS-1"))]
        #expect(try client.prepareGateway(behind, [("via", [1])]).errorKind == "locationGone")
        #expect(try client.call("closeGateway", ["gateway": .string(north)])["error"] == nil)
        _ = try client.openGateway(behind, [("via", [1])])
    }

    @Test func `a secondary that is down, and a host that is off, are unreachable`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let off: JSONValue = ["agent": .string(try scene.lab.host("MAIN-OFF"))]
        #expect(try client.prepareGateway(off).errorKind == "targetUnreachable")
        #expect(try client.prepareGateway(["secondary": 3]).errorKind == "targetUnreachable")
        let closed: JSONValue = ["secondaryInstance": .string(try scene.lab.instance("closed"))]
        #expect(try client.prepareGateway(closed).errorKind == "targetUnreachable")

        let behind: JSONValue = ["agent": .string(try scene.lab.host("NORTH-WS-1"))]
        let handle = try client.openGateway(behind, [("via", [1])])
        try scene.lab.set("server=north&state=down")
        for _ in 0..<2 {
            let reply = try client.callAgent(handle, "NagRdu.GetCurrentHostState")
            #expect(reply.errorKind == "targetUnreachable", "\(reply.text)")
        }
        let gateways = try client.call("listGateways")["result"]?["gateways"]?.array
        #expect(gateways?.first?["state"] == "reopening")
        #expect(try client.call("callServer", ["method": "HostGroup.GroupIdGroups"])["error"] == nil)
        try scene.lab.set("server=north&state=up")
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["result"]?["generation"] == 2)
    }

    @Test(arguments: [
        "CgwHelper.GetSlaveServerLocation", "CgwHelper.GetNagentLocation", "GatewayConnection.*",
        "Session.StartSession",
    ])
    func `whatever step of a route fails, the next attempt works and nothing is left`(step: String) throws {
        let scene = try Scene()
        let client = try scene.connect()
        let behind: JSONValue = ["agent": .string(try scene.lab.host("NORTH-WS-1"))]
        for fault in ["status=500", "wrongJson", "html", "halfBody", "error=1229", "emptyBody", "reset"] {
            try scene.lab.fault("\(step):\(fault),times=8")
            let reply = try client.prepareGateway(behind, [("via", [1])])
            #expect(reply["error"] != nil, "\(fault): \(reply.text)")
            try scene.lab.clearFaults()
        }
        let handle = try client.openGateway(behind, [("via", [1])])
        #expect(try client.callAgent(handle, "NagRdu.GetCurrentHostState")["error"] == nil)
        // What a lost answer may have opened lapses by itself; what was answered is ended.
        try waitUntil("the way is ended") {
            let calls = try scene.lab.calls()
            let opened = calls.count {
                $0.operation == "Session.StartSession" && $0.status == 200 && $0.scheme == "KSCGW"
            }
            return calls.count { $0.operation == "Session.EndSession" } >= opened - 8
        }
        #expect(try client.call("listGateways")["result"]?["gateways"]?.array?.count == 1)
    }
}
