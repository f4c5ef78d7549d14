// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct SecurityCenterAgentTests {
    @Test func `a task runs for its time`() throws {
        var center = Center()
        let agent = try center.agent()
        let task = try state(&center, agent).id
        let action = { (center: inout Center, code: Int) in
            center.json(
                "NagHstCtl.SendTaskAction",
                [
                    "szwProduct": "KES", "szwVersion": "11.0.0.0", "szwTaskStorageId": .string(task),
                    "nTaskAction": .integer(code),
                ],
                agent
            )
        }
        #expect(try state(&center, agent).state == 0)
        #expect(action(&center, 2)["PxgError"]?["code"] == 1193)
        #expect(action(&center, 5) == [:])
        #expect(try state(&center, agent).state == 1)
        #expect(action(&center, 1) == [:])
        center.advance(10_000)
        #expect(try state(&center, agent).state == 2)
        #expect(action(&center, 2) == [:])
        center.advance(3000)
        #expect(try state(&center, agent).state == 4)
    }

    private func state(_ center: inout Center, _ agent: Center.Way) throws -> (id: String, state: Int?) {
        let filter: JSONValue = ["pFilter": ["klhst-rt-TskInfo": .params(["klhst-rt-PrdNamesArray": ["KES"]])]]
        let info = center.json("NagHstCtl.GetHostRuntimeInfo", filter, agent)["PxgRetVal"]
        let product = info?["klhst-rt-TskInfo"]?["value"]?["KES"]?["value"]
        guard case .array(let tasks)? = product?["klhst-rt-TskArray"], let task = tasks.first?["value"] else {
            throw Missing()
        }
        return (task["taskStorageId"]?.text ?? "", task["taskState"]?.number)
    }

    @Test(arguments: ["klhst-rt-TskInfo", "klhst-rt-InstInfo", "KLHST_APP_INFO"])
    func `only what the filter names is told`(_ part: String) throws {
        var center = Center()
        let agent = try center.agent()
        let filter = JSONValue.object([.init(name: part, value: .params([:]))])
        let answer = center.json("NagHstCtl.GetHostRuntimeInfo", ["pFilter": .params(filter)], agent)["PxgRetVal"]
        guard case .object(let members)? = answer else { throw Missing() }
        #expect(members.map(\.name) == [part])
        #expect(members[0].value["type"] == "params")
    }

    @Test func `an action is its login's own, must not be asked too early, and ends once`() throws {
        var center = Center()
        let agent = try center.agent()
        let other = try center.agent()
        let id = try Missing.check(center.json("NagRdu.ExecuteGsiAsync", nil, agent)["PxgRetVal"])
        let check: JSONValue = ["wstrActionGuid": id]
        let method = "AsyncActionStateChecker.CheckActionState"
        #expect(center.code(method, check, other) == 1184)
        #expect(center.code(method, ["wstrActionGuid": "none"], agent) == 1186)
        let early = center.json(method, check, agent)
        #expect(early["bFinalized"] == .bool(false))
        let delay = try #require(early["lNextCheckDelay"]?.number)
        center.advance(delay - 1)
        #expect(center.code(method, check, agent) == 1195)
        center.advance(1)
        #expect(center.json(method, check, agent)["bFinalized"] == .bool(false))
        center.advance(600)
        let end = center.json(method, check, agent)
        #expect(end["bSuccededFinalized"] == .bool(true))
        #expect(end["pStateData"]?["LastActionResult"]?.text?.hasSuffix("gsi.zip") == true)
        #expect(center.code(method, check, agent) == 1186)
    }

    @Test func `an action that fails tells why`() throws {
        var center = Center()
        let agent = try center.agent()
        let id = center.json("NagRdu.DownloadEventlogAsync", ["szwEventLog": "none"], agent)["PxgRetVal"] ?? .null
        center.advance(600)
        let end = center.json("AsyncActionStateChecker.CheckActionState", ["wstrActionGuid": id], agent)
        #expect(end["bFinalized"] == .bool(true))
        #expect(end["bSuccededFinalized"] == .bool(false))
        #expect(end["pStateData"]?["KLBLAG_ERROR_INFO"]?["value"]?["KLBLAG_ERROR_CODE"] == 1186)
    }

    @Test func `diagnostics change the host's state`() throws {
        var center = Center()
        let agent = try center.agent()
        let trace: JSONValue = ["szwProductID": "1103/1.0.0.0", "nTraceLevel": 4, "nPartsCount": 3, "nMaxPartSize": 10]
        let state = center.json("NagRdu.ChangeTraceRotatedParams", trace, agent)["PxgRetVal"]
        let product = state?["Products"]?["value"]?["1103/1.0.0.0"]?["value"]
        #expect(product?["TraceRotatedLevel"] == 4)
        guard case .array(let files)? = product?["TraceFile"], let file = files.first else { throw Missing() }
        let deleted = center.json("NagRdu.DeleteFiles", ["pRemoteFiles": [file]], agent)["PxgRetVal"]
        #expect(deleted?["Products"]?["value"]?["1103/1.0.0.0"]?["value"]?["TraceFile"] == [])
        #expect(center.code("NagRdu.GetUrlToDownloadFileFromHost", ["szwRemoteFile": file], agent) == 1186)
        #expect(center.code("NagRdu.ChangeTraceParams", ["szwProductID": "none", "nTraceLevel": 1], agent) == 1186)
    }

    @Test(
        arguments: [
            (nil, 200, nil, 70_001), ("bytes=0-", 206, "bytes 0-70000/70001", 70_001),
            ("bytes=70000-", 206, "bytes 70000-70000/70001", 1), ("bytes=5-9", 206, "bytes 5-9/70001", 5),
            ("bytes=5-999999", 206, "bytes 5-70000/70001", 69_996), ("bytes=70001-", 416, "bytes */70001", 0),
            ("bytes=9-5", 200, nil, 70_001), ("bytes=-5", 206, "bytes 69996-70000/70001", 5),
            ("bytes=-99999999999999999999", 206, "bytes 0-70000/70001", 70_001), ("bytes=-0", 416, "bytes */70001", 0),
            ("Bytes=0-99999999999999999999", 206, "bytes 0-70000/70001", 70_001), ("bytes=-", 200, nil, 70_001),
            ("bytes=0-1,4-5", 200, nil, 70_001), ("bytes=a-b", 200, nil, 70_001), ("bytes=", 200, nil, 70_001),
            ("bytes=99999999999999999999-", 416, "bytes */70001", 0), ("lines=1-2", 200, nil, 70_001),
        ] as [(String?, Int, String?, Int)]
    )
    func `a file comes whole or in a range`(_ range: String?, _ status: Int, _ place: String?, _ count: Int) throws {
        var center = Center()
        let agent = try center.agent()
        let url = center.json("NagRdu.GetUrlToDownloadFileFromHost", ["szwRemoteFile": "dump-kes-1"], agent)[
            "PxgRetVal"
        ]
        let path = try #require(url?.text)
        let headers = range.map { [HeaderField("Range", $0)] } ?? []
        let answer = center.response(path, agent, method: "GET", headers: headers)
        #expect(answer.status == status)
        #expect(answer.header("Content-Range") == place)
        #expect(answer.body.count == count)
        #expect(center.response(path, try center.agent(), method: "GET").status == 404)
        #expect(center.response(path, .connection(5), method: "GET").status == 401)
    }

    @Test(arguments: [
        ([(0, 4, 10), (4, 4, 10), (8, 2, 10)], [201, 201, 201], true), ([(0, 4, 10), (5, 4, 10)], [201, 416], false),
        ([(4, 4, 10)], [416], false), ([(0, 4, 10), (4, 6, 12)], [201, 416], false), ([(0, 10, 8)], [400], false),
        ([(0, 4, 10), (0, 10, 10)], [201, 201], true), ([(0, 4, 10)], [201], false),
    ])
    func `a file is taken piece by piece`(_ pieces: [(Int, Int, Int)], _ statuses: [Int], _ isWhole: Bool) throws {
        var center = Center()
        let agent = try center.agent()
        let url = try Missing.check(center.json("NagRdu.GetUrlToUploadFileToHost", nil, agent)["PxgRetVal"])
        let got = pieces.map { start, count, total in
            let range = HeaderField("Content-Range", "bytes \(start)-\(start + count - 1)/\(total)")
            let body = [UInt8](repeating: 7, count: count)
            return center.response(url.text ?? "", agent, method: "PUT", headers: [range], body: body).status
        }
        #expect(got == statuses)
        let run: JSONValue = ["szwURL": url, "szwShortExecName": "tool", "szwParams": ""]
        #expect((center.json("NagRdu.ExecuteFileAsync", run, agent)["PxgRetVal"] != nil) == isWhole)
    }

    @Test func `a screen is opened, told of and closed by its login`() throws {
        var center = Center()
        let agent = try center.agent()
        let other = try center.agent()
        let handle = center.json("NagRemoteScreen.OpenSession", ["nType": 2, "szID": "1"], agent)["PxgRetVal"] ?? .null
        let argument: JSONValue = ["pSharingHandle": handle, "nLocalPortNumber": 5000]
        #expect(center.json("NagRemoteScreen.GetDataForTunnel", argument, agent)["nHostPortNumber"] == 3389)
        #expect(center.json("NagRemoteScreen.GetWdsData", argument, agent)["wstrPassword"] == "lab")
        #expect(center.code("NagRemoteScreen.CloseSession", argument, other) == 1184)
        #expect(center.json("NagRemoteScreen.CloseSession", argument, agent) == [:])
        #expect(center.code("NagRemoteScreen.CloseSession", argument, agent) == 1186)
        #expect(center.code("NagRemoteScreen.GetExistingSessions", ["nType": 3], agent) == 1192)
        #expect(center.code("NagRemoteScreen.OpenSession", ["nType": 2, "szID": "2"], agent) == 1186)
        #expect(center.code("NagRemoteScreen.OpenSession", ["nType": 1, "szID": "1"], agent) == 1186)
    }

    @Test func `a packed list item is an archive of the file`() throws {
        var center = Center()
        let agent = try center.agent()
        let item: JSONValue = [
            "listName": "TIF", "itemId": "item-1", "bNeedPacked": .bool(true), "ulStartPos": 0, "lBytesToRead": 10,
        ]
        let chunk = center.json("NagNetworkListApi.GetListItemFileChunk", item, agent)["pChunk"]?.text
        #expect(chunk.flatMap { ByteCoding.decodeBase64($0) }?.prefix(4) == [0x50, 0x4B, 3, 4])
        let info = center.json("NagNetworkListApi.GetListItemFileInfo", item, agent)["pFileInfo"]
        #expect(info?["KLNLST_FILE_NAME"] == "TIF-item-1.bin.zip")
        #expect((info?["KLNLST_TOTAL_SIZE"]?.number ?? 0) > 300_001)
    }

    /// What a client may send by mistake or on purpose, for each parameter of each method.
    static let odd: [JSONValue] = [
        .null, .bool(true), -1, 0, .integer(.max), .integer(.min), .double(1e300), "", "\u{0}", [], [:], [[]],
        ["type": "long", "value": .integer(.min)], ["type": "params", "value": .null],
        [["type": "params", "value": 1]],
        ["KLNAG_RSCR_HANDLE_ID": .integer(.min)], "(KLHST_WKS_LAST_VISIBLE>CURTIME(-999999999999))",
    ]

    static let names = [
        "wsHostName", "nSlaveServerId", "szwProduct", "szwVersion", "szwComponent", "pLocations", "srvInstanceId",
        "wstrFilter", "vecFieldsToReturn", "vecFieldsToOrder", "pParams", "lMaxLifeTime", "strRequestId", "strHostName",
        "pFields2Return", "strAccessor", "nStart", "nCount", "nGroupId", "lServer", "pFields", "wstrActionGuid",
        "strSrvObjId", "pFilter", "nProductAction", "nTaskAction", "szwTaskStorageId", "szwProductID", "nTraceLevel",
        "nPartsCount", "nMaxPartSize", "nXPerfMode", "szwRemoteFile", "pRemoteFiles", "nNewState", "szwEventLog",
        "szwProcessName", "szwURL", "szwShortExecName", "szwParams", "szwCallName", "pInData", "nType", "szID",
        "pSharingHandle", "nLocalPortNumber", "listName", "itemId", "bNeedPacked", "ulStartPos", "lBytesToRead",
        "productName", "productVersion", "pOptions", "nId", "strTask",
    ]

    @Test(arguments: odd) func `no parameter brings the servers down`(_ value: JSONValue) throws {
        var center = Center { $0.topology = .lab(extraHosts: 0) }
        let main = try Missing.check(center.startSession())
        let agent = try center.agent()
        var good: [String: JSONValue] = [
            "szwProduct": "KES", "szwVersion": "11.0.0.0", "szwProductID": "KES/11.0.0.0", "listName": "Backup",
            "itemId": "item-1", "bNeedPacked": .bool(false), "ulStartPos": 0, "lBytesToRead": 5, "wstrFilter": "",
            "szwCallName": "Echo", "nType": 2, "szID": "",
        ]
        good["strAccessor"] = center.json("HostGroup.FindHosts", ["wstrFilter": ""], main)["strAccessor"]
        for name in Self.names {
            var parameters = good
            parameters[name] = value
            let body = JSONValue.object(parameters.map { .init(name: $0.key, value: $0.value) })
            for method in Self.methods {
                let status = center.call(method, body, method.hasPrefix("Nag") ? agent : main).status
                #expect(status == 200, "\(method) \(name)")
            }
        }
    }

    static let methods = [
        "CgwHelper.GetNagentLocation", "CgwHelper.GetSlaveServerLocation", "GatewayConnection.PrepareGatewayConnection",
        "GatewayConnection.PrepareGatewayConnectionToSecondaryServer", "HostGroup.FindHosts",
        "HostGroup.FindHostsAsync",
        "HostGroup.FindHostsAsyncGetAccessor", "HostGroup.FindHostsAsyncCancel", "HostGroup.GetHostInfo",
        "HostGroup.GetHostTasks", "ChunkAccessor.GetItemsCount", "ChunkAccessor.GetItemsChunk", "HostTasks.GetNextTask",
        "ServerHierarchy.GetChildServers", "ServerHierarchy.GetServerInfo", "ServerHierarchy.FindSlaveServers",
        "AsyncActionStateChecker.CheckActionState", "Session.CreateBlob", "NagHstCtl.GetHostRuntimeInfo",
        "NagHstCtl.SendProductAction", "NagHstCtl.SendTaskAction", "NagRdu.ChangeTraceParams",
        "NagRdu.ChangeTraceRotatedParams", "NagRdu.ChangeXperfRotatedParams", "NagRdu.DeleteFile", "NagRdu.DeleteFiles",
        "NagRdu.GetUrlToDownloadFileFromHost", "NagRdu.SetProductStateAsync", "NagRdu.DownloadEventlogAsync",
        "NagRdu.CreateAndDownloadDumpAsync", "NagRdu.RunKlnagchkAsync", "NagRdu.ExecuteFileAsync",
        "NagGuiCalls.CallConnectorAsync", "NagRemoteScreen.GetExistingSessions", "NagRemoteScreen.OpenSession",
        "NagRemoteScreen.GetWdsData", "NagCgwHelper.GetProductComponentLocation",
        "NagNetworkListApi.GetListItemFileInfo", "NagNetworkListApi.GetListItemFileChunk",
    ]
}
