// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension SecurityCenter {
    /// `NagRdu`: remote diagnostics.
    mutating func diagnostics(_ call: Call) throws(PxgError) -> JSONValue {
        switch call.method {
        case "GetUrlToDownloadFileFromHost":
            let token = try call.text("szwRemoteFile")
            guard let file = agents[call.node, default: Agent(host: call.node)].files[token] else {
                throw .notFound(token)
            }
            return ["PxgRetVal": .string("/FTDR/" + transfers.offer(file, call, &mint))]
        case "GetUrlToUploadFileToHost":
            return ["PxgRetVal": .string("/FTUR/" + transfers.accept(call, &mint))]
        case _ where call.method.hasSuffix("Async"):
            let effect = try diagnosticsEffect(call)
            return ["PxgRetVal": .string(start(effect, call))]
        default:
            return ["PxgRetVal": try agents[call.node, default: Agent(host: call.node)].diagnostics(call)]
        }
    }

    private mutating func diagnosticsEffect(_ call: Call) throws(PxgError) -> AsyncAction.Effect {
        let agent = agents[call.node, default: Agent(host: call.node)]
        switch call.method {
        case "SetProductStateAsync":
            let id = try call.text("szwProductID")
            let state = try call.number("nNewState")
            guard (0...2).contains(state) else { throw .badFormat("nNewState") }
            _ = try agent.product(id)
            return .productRuns(id, state != 2)
        case "DownloadEventlogAsync":
            let log = try call.text("szwEventLog")
            guard Agent.eventLogs.contains(log) else {
                return .failure(.notFound(log))
            }
            return .file(name: "\(log).evtx", Array("event log \(log)\n".utf8))
        case "CreateAndDownloadDumpAsync":
            let process = try call.text("szwProcessName")
            return .file(name: process + ".dmp", Array("dump of \(process)\n".utf8))
        case "DownloadCommonDataAsync": return .file(name: "commondata.zip", StoredZip.archive(["system.txt": "lab\n"]))
        case "ExecuteGsiAsync": return .file(name: "gsi.zip", StoredZip.archive(["GSI.txt": "lab\n"]))
        case "RunKlnagchkAsync":
            let id = try call.text("szwProductID")
            _ = try agent.product(id)
            return .check(product: id)
        case "ExecuteFileAsync":
            let url = try call.text("szwURL")
            let name = try call.text("szwShortExecName")
            let arguments = try call.text("szwParams")
            guard let bytes = transfers.uploaded(url, by: call.owner) else { throw .notFound(url) }
            let output =
                "\(name) \(arguments)\n\(bytes.count) bytes, SHA-1 \(ByteCoding.hexadecimal(SHA1.hash(bytes)))\n"
            return .execute(name: "result.zip", output: StoredZip.archive(["result/stdout.txt": output]))
        default: throw .notFound(call.name)
        }
    }
}

extension Agent {
    static let eventLogs = ["Application", "System", "Kaspersky Event Log"]

    /// The methods that change or tell the host's state, and answer with all of it.
    mutating func diagnostics(_ call: Call) throws(PxgError) -> JSONValue {
        switch call.method {
        case "GetCurrentHostState": break
        case "ChangeTraceParams":
            let index = try product(call.text("szwProductID"))
            products[index].traceLevel = try call.number("nTraceLevel")
            trace(index, isOn: products[index].traceLevel > 0)
        case "ChangeTraceRotatedParams":
            let index = try product(call.text("szwProductID"))
            products[index].rotatedTraceLevel = try call.number("nTraceLevel")
            products[index].traceParts = try call.number("nPartsCount")
            products[index].tracePartSize = try call.number("nMaxPartSize")
            trace(index, isOn: products[index].rotatedTraceLevel > 0)
        case "ChangeXperfBaseParams", "ChangeXperfRotatedParams":
            let index = try product(call.text("szwProductID"))
            products[index].xperfLevel = try call.number("nTraceLevel")
            products[index].xperfType = try call.number("nXPerfMode")
            if call.method == "ChangeXperfRotatedParams" {
                products[index].xperfSize = try call.number("nMaxPartSize")
            }
        case "DeleteFile": try delete([call.text("szwRemoteFile")])
        case "DeleteFiles": try delete(call.texts("pRemoteFiles"))
        default: throw .notFound(call.name)
        }
        return state
    }

    private mutating func trace(_ index: Int, isOn: Bool) {
        guard isOn else { return }
        let token = "trace-\(products[index].name.lowercased())-\(products[index].traceFiles.count + 1)"
        files[token] = RemoteFile(name: token + ".log", content: .generated(40_000))
        products[index].traceFiles.append(token)
    }

    private mutating func delete(_ tokens: [String]) throws(PxgError) {
        for token in tokens where files[token] == nil { throw .notFound(token) }
        for token in tokens { files[token] = nil }
        for index in products.indices {
            products[index].traceFiles.removeAll { tokens.contains($0) }
            products[index].dumps.removeAll { tokens.contains($0) }
        }
    }

    /// Carries an action's effect out, and gives back the state then.
    mutating func finish(_ effect: AsyncAction.Effect) -> JSONValue {
        switch effect {
        case .productRuns(let id, let isRunning):
            if let index = try? product(id) { products[index].isRunning = isRunning }
        case .file(let name, let bytes), .execute(let name, let bytes): keep(name, bytes)
        case .check(let id):
            keep("klnagchk.log", Array("Connection to the Administration Server: OK\n".utf8))
            if let index = try? product(id) { products[index].checkReport = lastActionResult }
        case .hosts, .reply, .failure: break
        }
        return state
    }

    private mutating func keep(_ name: String, _ bytes: [UInt8]) {
        let token = "result-\(files.count + 1)-\(name)"
        files[token] = RemoteFile(name: name, content: .bytes(bytes))
        lastActionResult = token
    }

    /// The host's state, with the tokens of the files that can be fetched.
    var state: JSONValue {
        let wua = files["wua-1"] == nil ? [] : ["wua-1"]
        return [
            "EventLogs": .texts(Self.eventLogs),
            "HostDN": .string(host),
            "InstallationLogs": .params([
                "InstallationLogs_MSI": .texts(files["install-msi-1"] == nil ? [] : ["install-msi-1"]),
                "InstallationLogs_RI": .array([]),
            ]),
            "LastActionResult": .string(lastActionResult),
            "WuaLogs": .texts(wua),
            "WuaLogs_Win10": .array([]),
            "Products": .params(.object(products.map { .init(name: $0.id, value: .params($0.state)) })),
        ]
    }
}

extension Agent.Product {
    fileprivate var state: JSONValue {
        [
            "ComponentName": "", "DiagLog": .string(checkReport), "DiagTrace": "",
            "InstallPath": .string("/opt/lab/" + name), "ProdDumps": .texts(dumps), "ProdProps": 63,
            "ProductBuild": "1", "ProductDN": .string(displayName), "ProductName": .string(name),
            "ProductRunning": .bool(isRunning), "ProductVersion": .string(version), "TraceFile": .texts(traceFiles),
            "TraceLevel": .integer(traceLevel), "TraceLimitDef": 500, "TraceLimitMax": 1000, "TraceLimitMin": 100,
            "TraceRotatedEnable": .integer(rotatedTraceLevel > 0 ? 1 : 0),
            "TraceRotatedFileCount": .integer(traceParts), "TraceRotatedFileSizeMb": .integer(tracePartSize),
            "TraceRotatedLevel": .integer(rotatedTraceLevel), "XperfTraceFile": .texts(xperfFiles),
            "XperfTraceLevel": .integer(xperfLevel), "XperfTraceSize": .integer(xperfSize), "XperfTraceState": 0,
            "XperfTraceType": .integer(xperfType),
        ]
    }
}
