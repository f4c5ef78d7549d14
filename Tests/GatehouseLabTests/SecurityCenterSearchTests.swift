// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct SecurityCenterSearchTests {
    @Test(arguments: [
        ("", 35), ("(KLHST_WKS_DN=\"*\")", 35), ("(KLHST_WKS_DN=\"main-*\")", 4), ("KLHST_WKS_DN = \"MAIN-WS-1\"", 1),
        ("(KLHST_WKS_DN=\"MAIN-?S-1\")", 1), ("(KLHST_WKS_DN=\"MAIN-[VW]*\")", 2),
        ("(KLHST_WKS_DN=\"EXTRA-[^1-9]*\")", 0),
        ("(KLHST_WKS_DN=\"MAIN [?]*\")", 0), ("(KLHST_WKS_DN=\"MAIN ?[[]odd][*][?]? *\")", 1),
        ("(KLHST_WKS_DN<>\"EXTRA*\")", 5),
        ("(&(KLHST_WKS_DN=\"MAIN*\")(!(KLHST_WKS_DN=\"*1\")))", 4),
        ("(|(KLHST_WKS_DN=\"MAIN-OFF\")(name=\"none\"))", 1),
        ("(KLHST_WKS_STATUS&8=0)", 1), ("( KLHST_WKS_STATUS & 1 <> 0 )", 34), ("((KLHST_WKS_GROUPID>=0))", 35),
        ("(KLHST_WKS_STATUS_ID<1)", 10), ("(KLHST_WKS_LAST_VISIBLE<CURTIME(-86400))", 1),
        ("(KLHST_WKS_LAST_VISIBLE>T\"2005-04-27 23:59:01\")", 35), ("(NO_SUCH=\"*\")", 0),
        ("(KLHST_WKS_IP_LONG>0)", 35),
    ])
    func `a filter finds what it says`(_ filter: String, _ count: Int) {
        var center = Center()
        _ = center.logIn()
        let answer = center.json("HostGroup.FindHosts", ["wstrFilter": .string(filter), "vecFieldsToReturn": []])
        #expect(answer["PxgRetVal"]?.number == count, "\(answer.compact)")
    }

    @Test(arguments: [
        "(", ")", "()", "(a)", "(a=)", "(a=\"b)", "(a=b)", "(&)", "(!)", "(a=\"b\"", "(a=\"b\"))", "(a&=1)", "(a==1)",
        "(a=1)(b=2)", "(a=T\"2005\")", "(a=CURTIME(x))", "(a=0x1)", "(a=99999999999999999999)",
        "(KLHST_WKS_DN=\"a\"b\")",
        String(repeating: "(", count: 100_000), String(repeating: "(!", count: 100),
    ])
    func `a malformed filter is refused`(_ filter: String) {
        var center = Center()
        _ = center.logIn()
        #expect(center.code("HostGroup.FindHosts", ["wstrFilter": .string(filter)]) == 1192)
        #expect(center.code("ServerHierarchy.FindSlaveServers", ["wstrFilter": .string(filter)]) == 1192)
    }

    @Test(arguments: [("", true, 4), ("", false, 5), ("Branch offices", true, 1), ("Branch offices", false, 1)])
    func `a search keeps to its own virtual server where it is told to`(_ server: String, _ only: Bool, _ count: Int) {
        var center = Center()
        let name = ByteCoding.base64(Array(server.utf8))
        #expect(center.logIn(virtualServer: name).status == 200)
        let search: JSONValue = [
            "wstrFilter": "(KLHST_WKS_DN=\"MAIN*\")", "pParams": ["KLGRP_FIND_FROM_CUR_VS_ONLY": .bool(only)],
        ]
        #expect(center.json("HostGroup.FindHosts", search)["PxgRetVal"]?.number == count)
    }

    static let search: JSONValue = [
        "wstrFilter": "(KLHST_WKS_DN=\"EXTRA*\")", "vecFieldsToReturn": ["KLHST_WKS_DN", "KLHST_WKS_LAST_VISIBLE"],
        "vecFieldsToOrder": [["type": "params", "value": ["Name": "KLHST_WKS_STATUS_ID", "Asc": .bool(false)]]],
        "pParams": [:], "lMaxLifeTime": 100,
    ]

    @Test func `a result comes in pieces, ordered, with the wanted members`() throws {
        var center = Center()
        _ = center.logIn()
        let accessor = try #require(center.json("HostGroup.FindHosts", Self.search)["strAccessor"])
        var names: [String] = []
        for start in stride(from: 0, through: 30, by: 8) {
            let chunk: JSONValue = ["strAccessor": accessor, "nStart": .integer(start), "nCount": 8]
            let answer = center.json("ChunkAccessor.GetItemsChunk", chunk)
            guard case .array(let rows)? = answer["pChunk"]?["KLCSP_ITERATOR_ARRAY"] else { throw Missing() }
            #expect(answer["PxgRetVal"]?.number == min(8, 30 - start))
            #expect(rows.allSatisfy { $0["value"]?["KLHST_WKS_LAST_VISIBLE"]?["type"] == "datetime" })
            names += rows.compactMap { $0["value"]?["KLHST_WKS_DN"]?.text }
        }
        #expect(Set(names).count == 30)
        // Status is the host's number modulo 3, and the order is stable.
        #expect(names.prefix(3) == ["EXTRA-1", "EXTRA-4", "EXTRA-7"])
    }

    @Test func `a result lives by its accesses, and is its login's own`() throws {
        var center = Center()
        _ = center.logIn()
        _ = center.logIn(connection: 2)
        let accessor = try #require(center.json("HostGroup.FindHosts", Self.search)["strAccessor"])
        let count = { (center: inout Center, connection: Int) in
            center.json("ChunkAccessor.GetItemsCount", ["strAccessor": accessor], .connection(connection))["PxgRetVal"]
        }
        #expect(count(&center, 2) == nil)
        center.advance(99_000)
        #expect(count(&center, 1) == 30)
        center.advance(99_000)
        #expect(count(&center, 1) == 30)
        center.advance(100_000)
        #expect(count(&center, 1) == nil)
    }

    @Test(arguments: [(0, 35, 0), (1, 38, 1), (2, 40, 1), (-1, 40, 1)])
    func `a search through servers tells which of them failed`(_ depth: Int, _ found: Int, _ failed: Int) throws {
        var center = Center()
        _ = center.logIn()
        let search: JSONValue = [
            "wstrFilter": "", "pParams": ["type": "params", "value": ["KLSRVH_SLAVE_REC_DEPTH": .integer(depth)]],
        ]
        let request = try #require(center.json("HostGroup.FindHostsAsync", search)["strRequestId"])
        let check: JSONValue = ["wstrActionGuid": request]
        #expect(center.code("HostGroup.FindHostsAsyncGetAccessor", ["strRequestId": request]) == 1186)
        let early = center.json("AsyncActionStateChecker.CheckActionState", check)
        #expect(early["bFinalized"] == .bool(false))
        center.advance(600)
        let end = center.json("AsyncActionStateChecker.CheckActionState", check)
        #expect(end["bFinalized"] == .bool(true))
        #expect(end["lStateCode"] == 1)
        let answer = center.json("HostGroup.FindHostsAsyncGetAccessor", ["strRequestId": request])
        #expect(answer["PxgRetVal"]?.number == found)
        guard case .array(let servers)? = answer["pFailedSlavesInfo"]?["KLGRP_FAILED_SLAVES_PARAMS"] else {
            throw Missing()
        }
        #expect(servers.count == failed)
        #expect(center.code("HostGroup.FindHostsAsyncGetAccessor", ["strRequestId": request]) == 1186)
    }

    @Test func `servers share numbers at different levels, and a host is known to its own server only`() throws {
        var center = Center()
        let main = try Missing.check(center.startSession())
        let north = try Missing.check(center.gateway([center.location(ofServer: 1, main)], main))
        let number = { (center: inout Center, way: Center.Way) -> [Int] in
            let answer = center.json("ServerHierarchy.GetChildServers", ["nGroupId": -1], way)["PxgRetVal"]
            guard case .array(let servers)? = answer else { return [] }
            return servers.compactMap { $0["value"]?["KLSRVH_SRV_ID"]?.number }
        }
        #expect(number(&center, main) == [1, 2, 3])
        #expect(number(&center, north) == [1])
        #expect(center.location(ofHost: "NORTH-WS-1", main) == .null)
        #expect(center.location(ofHost: "NORTH-WS-1", north) != .null)
        let fields: JSONValue = ["lServer": 1, "pFields": ["KLSRVH_SRV_INST_ID", "KLSRVH_SRV_CERTIFICATE"]]
        let info = center.json("ServerHierarchy.GetServerInfo", fields, main)["PxgRetVal"]
        #expect(info?["KLSRVH_SRV_CERTIFICATE"]?["type"] == "binary")
        #expect(info?["KLSRVH_SRV_INST_ID"]?.text == center.center.server("north")?.instanceId)
    }

    @Test func `the tasks of a host come one by one`() throws {
        var center = Center()
        _ = center.logIn()
        let host = try #require(center.host("MAIN-WS-1")?.id)
        let id = try Missing.check(center.json("HostGroup.GetHostTasks", ["strHostName": .string(host)])["PxgRetVal"])
        _ = center.json("HostTasks.ResetTasksIterator", ["strSrvObjId": id, "strProductName": "KES"])
        var names: [String] = []
        while let task = center.json("HostTasks.GetNextTask", ["strSrvObjId": id])["pTaskData"], task != [:] {
            names.append(task["TASK_INFO_PARAMS"]?["value"]?["DisplayName"]?.text ?? "")
        }
        #expect(names == ["Full scan", "Update of databases"])
    }

    @Test func `one host's attributes are told, those that exist`() throws {
        var center = Center()
        _ = center.logIn()
        let host = try #require(center.host("MAIN-WS-1")?.id)
        let fields: JSONValue = ["KLHST_WKS_DN", "NO_SUCH", "KLHST_WKS_IP_LONG"]
        let answer = center.json("HostGroup.GetHostInfo", ["strHostName": .string(host), "pFields2Return": fields])
        #expect(answer == ["PxgRetVal": ["KLHST_WKS_DN": "MAIN-WS-1", "KLHST_WKS_IP_LONG": .long(16_782_346)]])
    }
}
