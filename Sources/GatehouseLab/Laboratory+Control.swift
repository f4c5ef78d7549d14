// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension Laboratory {
    /// Answers the control port: `POST` and `DELETE /fault`, `GET /faults`, `POST /revoke?token=KIND`, `GET /counts`,
    /// `GET` and `POST /plan`, `POST /clock`, `POST /gateway`, `GET` and `POST /ksc`.
    package mutating func control(_ head: RequestHead, body: [UInt8], at now: LabInstant) -> Response {
        switch (head.method, head.path) {
        case ("POST", "/fault"): return turnOn(String(decoding: body, as: UTF8.self))
        case ("DELETE", "/fault"):
            faults.clear()
            return faultList
        case ("GET", "/fault"): return faultList
        case ("GET", "/faults"): return Response(status: 200, json: FaultCatalogue.json)
        case ("GET", "/plan"): return Response(status: 200, json: gateway.plan.state(at: now))
        case ("POST", "/plan"), ("POST", "/clock"), ("POST", "/gateway"):
            guard let answer = change(head.path, query: head.query, at: now) else {
                return Response(status: 400, json: ["error": "there is no such change"])
            }
            return Response(status: 200, json: answer)
        case ("POST", "/revoke"): return revoke(query: head.query)
        case ("GET", "/counts"): return countList
        case ("GET", "/ksc"): return Response(status: 200, json: securityCenter.state(at: now))
        case ("POST", "/ksc"):
            guard let state = securityCenter.change(query: head.query, at: now) else {
                return Response(status: 400, json: ["error": "there is no such change"])
            }
            return Response(status: 200, json: state)
        case (_, "/fault"), (_, "/faults"), (_, "/revoke"), (_, "/counts"), (_, "/plan"), (_, "/clock"),
            (_, "/gateway"), (_, "/ksc"):
            return Response(status: 405, json: ["error": "method not allowed"])
        default:
            let text = "there are /fault, /faults, /revoke, /counts, /plan, /clock, /gateway and /ksc"
            return Response(status: 404, json: ["error": .string(text)])
        }
    }

    /// Changes the plan, the clock or what the gateway strips; nil where the query asks for nothing that there is.
    private mutating func change(_ path: String, query: String, at now: LabInstant) -> JSONValue? {
        let pairs = ByteCoding.formPairs(query) ?? []
        func value(_ name: String) -> String? { pairs.first { $0.name == name }?.value }
        func number(_ name: String) -> Int? {
            value(name).flatMap { Int($0) }.flatMap { (0...1_000_000_000).contains($0) ? $0 : nil }
        }
        switch path {
        case "/plan":
            guard let perMinute = number("perMinute"), let perHour = number("perHour") else { return nil }
            gateway.plan = PlanLimit(
                perMinute: perMinute,
                perHour: perHour,
                minute: number("minute") ?? 60_000,
                hour: number("hour") ?? 3_600_000
            )
            return gateway.plan.state(at: now)
        case "/clock":
            guard let seconds = number("advance") else { return nil }
            clockOffset += seconds * 1000
            return ["advance": .integer(clockOffset / 1000)]
        default:
            guard let headers = value("headers"), ["kept", "stripped"].contains(headers) else { return nil }
            gateway.keepsHeaders = headers == "kept"
            return ["headers": .string(headers)]
        }
    }

    private mutating func turnOn(_ text: String) -> Response {
        do {
            faults.add(try Fault(text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""))
            return faultList
        } catch {
            return Response(status: 400, json: ["error": .string(error.description)])
        }
    }

    private var faultList: Response {
        Response(status: 200, json: ["faults": .array(faults.specifications.map(JSONValue.string))])
    }

    private mutating func revoke(query: String) -> Response {
        let name = ByteCoding.formPairs(query)?.first { $0.name == "token" }?.value
        guard let kind = name.flatMap(TokenKind.init) else {
            return Response(
                status: 400,
                json: ["error": "token must be access, refresh, gicar, session, login or gatewayKey"]
            )
        }
        let count =
            switch kind {
            case .access: engine.accessTokens.removeAll()
            case .refresh: engine.refreshTokens.removeAll()
            case .gicar: keycloak.tokens.removeAll()
            case .session, .login, .gatewayKey: securityCenter.revokeAll(kind)
            }
        return Response(status: 200, json: ["revoked": .integer(count)])
    }

    private var countList: Response {
        let members = counts.sorted { $0.key < $1.key }.map { operation, outcomes in
            let values = outcomes.sorted { $0.key < $1.key }.map { outcome, count in
                JSONValue.Member(name: outcome, value: .integer(count))
            }
            return JSONValue.Member(name: operation, value: .object(values))
        }
        return Response(status: 200, json: .object(members))
    }
}
