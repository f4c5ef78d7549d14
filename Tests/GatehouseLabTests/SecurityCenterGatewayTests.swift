// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct SecurityCenterGatewayTests {
    @Test func `a key is good once`() throws {
        var center = Center()
        _ = center.logIn()
        let location = center.location(ofHost: "MAIN-WS-1", .connection(1))
        let key = try Missing.check(center.prepare([location], .connection(1))["wstrAuthKey"]?.text)
        let answer = center.logIn("KSCGW " + key, connection: 2)
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        #expect(center.logIn("KSCGW " + key, connection: 3).status == 401)
        #expect(center.json("NagRdu.GetCurrentHostState", nil, .connection(2))["PxgRetVal"] != nil)
    }

    @Test func `a key dies after a minute, and by an attempt that fails`() throws {
        var center = Center()
        _ = center.logIn()
        let location = center.location(ofHost: "MAIN-WS-1", .connection(1))
        let old = try Missing.check(center.prepare([location], .connection(1))["wstrAuthKey"]?.text)
        center.advance(60_000)
        #expect(center.logIn("KSCGW " + old, connection: 2).status == 401)

        let burnt = try Missing.check(center.prepare([location], .connection(1))["wstrAuthKey"]?.text)
        let off = try Missing.check(center.host("MAIN-WS-1")?.id)
        _ = center.center.change(query: "host=\(off)&state=off", at: center.now)
        #expect(center.logIn("KSCGW " + burnt, connection: 2).status == 401)
        _ = center.center.change(query: "host=\(off)&state=answers", at: center.now)
        #expect(center.logIn("KSCGW " + burnt, connection: 2).status == 401)
    }

    @Test func `a route goes down the hierarchy to a component, each location from the node before`() throws {
        var center = Center()
        let main = try Missing.check(center.startSession())
        var route = [center.location(ofServer: 1, main)]
        let north = try Missing.check(center.gateway(route, main))
        route.append(center.location(ofServer: 1, north))
        let harbour = try Missing.check(center.gateway(route, main))
        route.append(center.location(ofHost: "HARBOUR-WS-1", harbour))
        let agent = try Missing.check(center.gateway(route, main))
        let names: JSONValue = ["szwProduct": "KES", "szwVersion": "11.0.0.0", "szwComponent": "FileThreatProtection"]
        let last = center.json("NagCgwHelper.GetProductComponentLocation", names, agent)["PxgRetVal"]
        let component = try Missing.check(center.gateway(route + [last ?? .null], main))
        let info = center.json("LabComponent.GetInfo", nil, component)["PxgRetVal"]
        #expect(info?["Component"] == "FileThreatProtection")
        #expect(center.prepare(route.reversed(), main)["PxgError"]?["code"] == 1192)
        #expect(center.prepare([route[1]], main)["PxgError"]?["code"] == 1192)
        #expect(center.prepare([], main)["PxgError"]?["code"] == 1192)
    }

    @Test(arguments: [
        ("a member is lost", false), ("a false is lost", false), ("a number is rounded", false),
        ("a wrapper is lost", false), ("the order is another", true), ("nothing", true),
    ])
    func `a location must come back whole`(_ change: String, _ isGood: Bool) throws {
        var center = Center()
        _ = center.logIn()
        guard case .object(let members) = center.location(ofHost: "MAIN-WS-1", .connection(1)) else {
            throw Missing()
        }
        let changed: [JSONValue.Member] =
            switch change {
            case "a member is lost": members.filter { $0.name != "GwLabUnknown" }
            case "a false is lost": members.filter { $0.value != .bool(false) }
            case "a number is rounded":
                members.map { member in
                    guard let number = member.value["value"]?.number else { return member }
                    return .init(name: member.name, value: .long(Int(Double(number))))
                }
            case "a wrapper is lost":
                members.map {
                    $0.value["type"] == "datetime" ? .init(name: $0.name, value: $0.value["value"] ?? .null) : $0
                }
            case "the order is another": members.reversed()
            default: members
            }
        let answer = center.prepare([.object(changed)], .connection(1))
        _ = center.center.change(query: "locations=sameOrder", at: center.now)
        let strict = center.prepare([.object(changed)], .connection(1))
        #expect((strict["wstrAuthKey"] != nil) == (change == "nothing"))
        #expect((answer["wstrAuthKey"] != nil) == isGood)
        #expect((answer["PxgError"]?["code"] == 1192) == !isGood)
    }

    @Test func `unwrapped locations are taken, too`() {
        var center = Center()
        _ = center.logIn()
        let location = center.location(ofHost: "MAIN-WS-1", .connection(1))
        let answer = center.json("GatewayConnection.PrepareGatewayConnection", ["pLocations": [location]])
        #expect(answer["wstrAuthKey"] != nil)
    }

    @Test func `what is down, off or gone has an error of its own`() throws {
        var center = Center()
        _ = center.logIn()
        let closed = center.location(ofServer: 3, .connection(1))
        #expect(center.prepare([closed], .connection(1))["PxgError"]?["code"] == 1195)
        let off = center.location(ofHost: "MAIN-OFF", .connection(1))
        #expect(center.prepare([off], .connection(1))["PxgError"]?["code"] == 1195)
        let gone = center.location(ofHost: "MAIN-WS-1", .connection(1))
        let id = try Missing.check(center.host("MAIN-WS-1")?.id)
        _ = center.center.change(query: "forget=\(id)", at: center.now)
        #expect(center.prepare([gone], .connection(1))["PxgError"]?["code"] == 1186)
        let fresh = center.location(ofHost: "MAIN-WS-1", .connection(1))
        #expect(center.prepare([fresh], .connection(1))["wstrAuthKey"] != nil)
        #expect(center.code("CgwHelper.GetNagentLocation", ["wsHostName": "none"]) == 1186)
        #expect(center.code("CgwHelper.GetSlaveServerLocation", ["nSlaveServerId": 9]) == 1186)
        #expect(center.code("CgwHelper.GetSlaveServerLocation") == 1125)
    }

    @Test func `a gateway ends when a server on its way goes down`() throws {
        var center = Center()
        let main = try Missing.check(center.startSession())
        let north = try Missing.check(center.gateway([center.location(ofServer: 1, main)], main))
        #expect(center.call("Session.Ping", nil, north).status == 200)
        _ = center.center.change(query: "server=north&state=down", at: center.now)
        #expect(center.call("Session.Ping", nil, north).status == 403)
        #expect(center.call("Session.Ping", nil, main).status == 200)
    }

    @Test func `a secondary is reached by its instance, at any depth`() throws {
        var center = Center()
        let main = try Missing.check(center.startSession())
        for name in ["north", "harbour"] {
            let id = try Missing.check(center.center.server(name)?.instanceId)
            let method = "GatewayConnection.PrepareGatewayConnectionToSecondaryServer"
            let key = center.json(method, ["srvInstanceId": .string(id)], main)["wstrAuthKey"]?.text
            let gateway = try Missing.check(center.startSession("KSCGW " + (key ?? "")))
            let hosts = center.json("HostGroup.FindHosts", ["wstrFilter": ""], gateway)["PxgRetVal"]
            #expect(hosts == 2, "\(name)")
        }
    }

    @Test(arguments: [
        ("main", "NagRdu.GetCurrentHostState"), ("main", "NagHstCtl.GetHostRuntimeInfo"), ("main", "No.Such"),
        ("main", "HostGroup.NoSuch"), ("main", "hostgroup.groupidgroups"), ("agent", "HostGroup.GroupIdGroups"),
        ("agent", "CgwHelper.GetNagentLocation"), ("agent", "GatewayConnection.PrepareGatewayConnection"),
        ("agent", "NagRdu.NoSuch"), ("agent", "HostsTags.ListTags.GetAllTags"), ("main", "NoDot"),
    ])
    func `a class is answered only where it belongs`(_ node: String, _ method: String) throws {
        var center = Center()
        let way = try node == "agent" ? center.agent() : Missing.check(center.startSession())
        let error = try Missing.check(center.json(method, [:], way)["PxgError"])
        #expect(error["code"] == 1186)
        #expect(error["locdata"]?["type"] == "params")
        for name in ["code", "subcode", "module", "file", "line", "message"] { #expect(error[name] != nil) }
    }

    @Test func `an agent that never answers keeps the connection waiting`() throws {
        var center = Center()
        let silent = try center.agent("MAIN-SILENT")
        #expect(center.call("Session.Ping", nil, silent).status == 200)
        #expect(center.send("/api/v1.0/NagRdu.GetCurrentHostState", silent) == .silence)
    }

    @Test func `nothing is left open when all logins have ended`() throws {
        var center = Center()
        _ = center.logIn()
        let agent = try center.agent()
        _ = center.json("HostGroup.FindHosts", ["wstrFilter": ""])
        _ = center.json("NagRdu.GetUrlToUploadFileToHost", nil, agent)
        _ = center.json("NagRdu.ExecuteGsiAsync", nil, agent)
        let open = center.center.state(at: center.now)
        #expect(open["connectionLogins"] == 1)
        #expect(open["sessions"] == 2)
        #expect(open["gateways"] == 1)
        #expect(open["nodes"]?["main"]?["resultSets"] == 1)
        center.center.closeConnection(1)
        center.advance(240_000)
        let left = center.center.state(at: center.now)
        for name in ["connectionLogins", "sessions", "gateways", "gatewayKeys", "transfers"] {
            #expect(left[name] == 0)
        }
        #expect(left["nodes"] == [:])
    }
}
