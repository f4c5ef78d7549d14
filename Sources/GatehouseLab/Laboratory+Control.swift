// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension Laboratory {
    /// Answers the control port: `POST` and `DELETE /fault`, `POST /revoke?token=KIND`, `GET /counts`,
    /// `GET` and `POST /ksc`.
    package mutating func control(_ head: RequestHead, body: [UInt8], at now: LabInstant) -> Response {
        switch (head.method, head.path) {
        case ("POST", "/fault"): return turnOn(String(decoding: body, as: UTF8.self))
        case ("DELETE", "/fault"):
            faults.clear()
            return faultList
        case ("GET", "/fault"): return faultList
        case ("POST", "/revoke"): return revoke(query: head.query)
        case ("GET", "/counts"): return countList
        case ("GET", "/ksc"): return Response(status: 200, json: securityCenter.state(at: now))
        case ("POST", "/ksc"):
            guard let state = securityCenter.change(query: head.query, at: now) else {
                return Response(status: 400, json: ["error": "there is no such change"])
            }
            return Response(status: 200, json: state)
        case (_, "/fault"), (_, "/revoke"), (_, "/counts"), (_, "/ksc"):
            return Response(status: 405, json: ["error": "method not allowed"])
        default: return Response(status: 404, json: ["error": "there are /fault, /revoke, /counts and /ksc"])
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
