// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab

/// A primary Security Center with accounts of its own, and a clock that stands still until a test moves it.
struct Center {
    static let password = "p\u{f1}\",=%"
    static let auditor = OneTimePassword(key: Array("12345678901234567890".utf8))
    static let webToken = "a.web.token"

    /// What a request comes through.
    enum Way {
        case connection(Int)
        case session(String)

        var connection: Int {
            if case .connection(let number) = self { number } else { 1000 }
        }
    }

    var center: SecurityCenter
    var now = Fixture.start

    init(_ change: (inout SecurityCenter.Settings) -> Void = { _ in }) {
        var settings = SecurityCenter.Settings()
        settings.accounts = [
            SecurityCenterAccount(user: "api", password: Self.password),
            SecurityCenterAccount(user: "auditor", password: Self.password, secondStep: Self.auditor),
            SecurityCenterAccount(user: "operator", password: Self.password, domain: "CORP"),
        ]
        settings.webToken = Self.webToken
        settings.topology = .lab(extraHosts: 30)
        change(&settings)
        center = SecurityCenter(settings)
    }

    // MARK: Requests

    mutating func send(
        _ path: String,
        _ way: Way = .connection(1),
        method: String = "POST",
        headers: [HeaderField] = [],
        body: [UInt8] = []
    ) -> SecurityCenter.Answer {
        var headers = headers
        if case .session(let id) = way { headers.append(HeaderField("X-KSC-Session", id)) }
        let head = RequestHead(method: method, target: path, headers: headers)
        return center.answer(head, body: body, connection: way.connection, at: now)
    }

    mutating func response(
        _ path: String,
        _ way: Way = .connection(1),
        method: String = "POST",
        headers: [HeaderField] = [],
        body: [UInt8] = []
    ) -> Response {
        guard case .response(let response) = send(path, way, method: method, headers: headers, body: body) else {
            return Response(status: 0)
        }
        return response
    }

    mutating func call(_ name: String, _ parameters: JSONValue? = nil, _ way: Way = .connection(1)) -> Response {
        response("/api/v1.0/" + name, way, body: parameters.map { Array($0.compact.utf8) } ?? [])
    }

    /// The answer's JSON, an empty object where it has none.
    mutating func json(_ name: String, _ parameters: JSONValue? = nil, _ way: Way = .connection(1)) -> JSONValue {
        call(name, parameters, way).json ?? [:]
    }

    mutating func code(_ name: String, _ parameters: JSONValue? = nil, _ way: Way = .connection(1)) -> Int? {
        json(name, parameters, way)["PxgError"]?["code"]?.number
    }

    mutating func advance(_ milliseconds: Int) {
        now = LabInstant(milliseconds: now.milliseconds + milliseconds)
    }

    // MARK: Logins

    static func basic(_ user: String = "api", _ password: String = password, rest: String = "") -> String {
        let encoded = [user, password].map { ByteCoding.base64(Array($0.utf8)) }
        return "KSCBasic user=\"\(encoded[0])\", pass=\"\(encoded[1])\"\(rest)"
    }

    mutating func logIn(_ authorization: String = basic(), connection: Int = 1, virtualServer: String? = "") -> Response
    {
        var headers = [HeaderField("Authorization", authorization)]
        if let virtualServer { headers.append(HeaderField("X-KSC-VServer", virtualServer)) }
        return response("/api/v1.0/login", .connection(connection), headers: headers)
    }

    mutating func startSession(_ authorization: String = basic(), connection: Int = 900) -> Way? {
        let headers = [HeaderField("Authorization", authorization)]
        let answer = response("/api/v1.0/Session.StartSession", .connection(connection), headers: headers)
        return answer.json?["PxgRetVal"]?.text.map(Way.session)
    }

    // MARK: Gateways

    func host(_ name: String) -> ManagedHost? {
        center.hosts.first { $0.displayName == name }
    }

    mutating func location(ofHost name: String, _ way: Way) -> JSONValue {
        let id = host(name)?.id ?? ""
        return json("CgwHelper.GetNagentLocation", ["wsHostName": .string(id)], way)["PxgRetVal"] ?? .null
    }

    mutating func location(ofServer id: Int, _ way: Way) -> JSONValue {
        json("CgwHelper.GetSlaveServerLocation", ["nSlaveServerId": .integer(id)], way)["PxgRetVal"] ?? .null
    }

    mutating func prepare(_ locations: [JSONValue], _ way: Way) -> JSONValue {
        json("GatewayConnection.PrepareGatewayConnection", ["pLocations": .array(locations.map(JSONValue.params))], way)
    }

    mutating func gateway(_ locations: [JSONValue], _ way: Way) -> Way? {
        guard let key = prepare(locations, way)["wstrAuthKey"]?.text else { return nil }
        return startSession("KSCGW " + key)
    }

    /// A session with the agent of a host behind the primary.
    mutating func agent(_ name: String = "MAIN-WS-1") throws -> Way {
        let main = try Missing.check(startSession())
        return try Missing.check(gateway([location(ofHost: name, main)], main))
    }
}

/// A login that a test needs was not granted.
struct Missing: Error {
    static func check<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw Missing() }
        return value
    }
}
