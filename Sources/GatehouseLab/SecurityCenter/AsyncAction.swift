// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Work that takes a while, bound to the login that began it.
struct AsyncAction: Sendable {
    /// What it comes to.
    enum Effect: Sendable {
        /// A search through several servers.
        case hosts([JSONValue], failed: [JSONValue], lifetime: Int)
        /// A product starts or stops.
        case productRuns(String, Bool)
        /// A file with these bytes is made on the host, and named as the last result.
        case file(name: String, [UInt8])
        /// A report of a product's connection is made.
        case check(product: String)
        /// A file is run that was uploaded.
        case execute(name: String, output: [UInt8])
        /// A connector's answer.
        case reply(JSONValue)
        /// It fails.
        case failure(PxgError)
    }

    let owner: Login.Owner
    let node: NodeName
    let effect: Effect
    /// When it is done.
    let due: LabInstant
    /// Before this, nobody may ask.
    var nextCheck: LabInstant
    /// Whether its end has been told.
    var isFinished = false
}

extension SecurityCenter {
    /// Milliseconds that a client must wait from one question to the next.
    private var checkDelay: Int { settings.checkDelay ?? max(1, settings.actionDuration / 3) }

    /// Begins an action, and gives back its id.
    mutating func start(_ effect: AsyncAction.Effect, _ call: Call) -> String {
        let id = mint.identifier()
        let due = LabInstant(milliseconds: call.now.milliseconds + settings.actionDuration)
        actions[id] = AsyncAction(owner: call.owner, node: call.node, effect: effect, due: due, nextCheck: call.now)
        return id
    }

    /// `AsyncActionStateChecker`: how an action stands; asking for its end once more finds nothing.
    mutating func checkAction(_ call: Call) throws(PxgError) -> JSONValue {
        guard call.method == "CheckActionState" else { throw .notFound(call.name) }
        let id = try call.text("wstrActionGuid")
        guard var action = actions[id], action.node == call.node, !action.isFinished else { throw .notFound(id) }
        guard action.owner == call.owner else { throw .noAccess(id) }
        guard action.nextCheck <= call.now else { throw .unavailable(id) }
        guard action.due <= call.now else {
            action.nextCheck = LabInstant(milliseconds: call.now.milliseconds + max(0, checkDelay))
            actions[id] = action
            return Self.state(isDone: false, succeeded: false, code: 0, [:], delay: checkDelay)
        }
        actions[id] = nil
        switch action.effect {
        case .hosts:
            action.isFinished = true
            actions[id] = action
            return Self.state(isDone: true, succeeded: true, code: 1, [:])
        case .failure(let error):
            return Self.state(isDone: true, succeeded: false, code: 0, error.stateData)
        case .reply(let data):
            return Self.state(isDone: true, succeeded: true, code: 1, data)
        case .productRuns, .file, .check, .execute:
            let state = agents[call.node, default: Agent(host: call.node)].finish(action.effect)
            return Self.state(isDone: true, succeeded: true, code: 1, state)
        }
    }

    private static func state(
        isDone: Bool,
        succeeded: Bool,
        code: Int,
        _ data: JSONValue,
        delay: Int = 0
    ) -> JSONValue {
        [
            "bFinalized": .bool(isDone), "bSuccededFinalized": .bool(succeeded), "lStateCode": .integer(code),
            "pStateData": data, "lNextCheckDelay": .integer(delay),
        ]
    }
}

extension PxgError {
    /// The error as the state of a failed action carries it.
    fileprivate var stateData: JSONValue {
        [
            "KLBLAG_ERROR_INFO": .params([
                "KLBLAG_ERROR_CODE": .integer(code), "KLBLAG_ERROR_SUBCODE": .integer(subcode),
                "KLBLAG_ERROR_MODULE": .string(module), "KLBLAG_ERROR_FNAME": "lab/securitycenter.cpp",
                "KLBLAG_ERROR_LNUMBER": 1, "KLBLAG_ERROR_MSG": .string(message),
            ])
        ]
    }
}
