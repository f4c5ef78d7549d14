// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension SecurityCenter {
    /// `NagGuiCalls`: calls to a product's own interface.
    mutating func guiCalls(_ call: Call) throws(PxgError) -> JSONValue {
        guard call.method == "CallConnectorAsync" else { throw .notFound(call.name) }
        let product = try call.text("szwProduct") + "/" + call.text("szwVersion")
        _ = try agents[call.node, default: Agent(host: call.node)].product(product)
        let name = try call.text("szwCallName")
        let data = try call.container("pInData")
        let effect: AsyncAction.Effect =
            switch name {
            case "Echo": .reply(data)
            case "Fail": .failure(.notPermitted(name))
            default: throw .noSuchCall(name)
            }
        return ["PxgRetVal": .string(start(effect, call))]
    }
}

extension Agent {
    private static let screenTypes = [1, 2, 4, 8]
    /// The one session that there is, for desktop sharing.
    private static let session = "1"

    /// Ends what was opened through a login.
    mutating func release(_ owner: Login.Owner) {
        screens = screens.filter { $0.value.owner != owner }
    }

    /// `NagRemoteScreen`: screens and what is needed to see them.
    mutating func remoteScreen(_ call: Call) throws(PxgError) -> JSONValue {
        switch call.method {
        case "GetExistingSessions":
            let type = try call.number("nType")
            guard Self.screenTypes.contains(type) else { throw .badFormat("nType") }
            let session: JSONValue = [
                "KLNAG_RSCR_SESSION_ID": .string(Self.session), "KLNAG_RSCR_SESSION_DN": "CORP\\operator (console)",
            ]
            let sessions: [JSONValue] = type == 2 ? [.params(session)] : []
            return ["PxgRetVal": .array(sessions)]
        case "OpenSession":
            let type = try call.number("nType")
            let session = try call.text("szID")
            guard Self.screenTypes.contains(type) else { throw .badFormat("nType") }
            guard session.isEmpty || (type == 2 && session == Self.session) else { throw .notFound(session) }
            screenCount += 1
            screens[screenCount] = ScreenSharing(owner: call.owner, type: type)
            return [
                "PxgRetVal": [
                    "KLNAG_RSCR_HANDLE_ID": .integer(screenCount), "KLNAG_RSCR_HANDLE_TYPE": .integer(type),
                    "KLNAG_RSCR_HOSTNAME": "127.0.0.1", "KLNAG_RSCR_PORT": 3389,
                ]
            ]
        case "CloseSession":
            screens[try screen(call)] = nil
            return [:]
        case "GetDataForTunnel":
            _ = try screen(call)
            return ["nHostPortNumber": 3389, "wstrHostNameOrIpAddr": "127.0.0.1"]
        case "GetWdsData":
            let id = try screen(call)
            guard screens[id]?.type == 2 else { throw .notPermitted(call.name) }
            let port = try call.number("nLocalPortNumber")
            return ["wstrTicket": .string("<E><A KH=\"lab\" P=\"\(port)\"/></E>"), "wstrPassword": "lab"]
        default: throw .notFound(call.name)
        }
    }

    private func screen(_ call: Call) throws(PxgError) -> Int {
        let handle = try call.container("pSharingHandle")
        guard let id = handle["KLNAG_RSCR_HANDLE_ID"]?.number, let screen = screens[id] else {
            throw .notFound("pSharingHandle")
        }
        guard screen.owner == call.owner else { throw .noAccess("pSharingHandle") }
        return id
    }
}
