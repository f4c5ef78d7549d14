// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// What `schemas/<method>.json` says about a method.
///
/// A class, because every call hands it from stage to stage: a copy of the structure counted ten references.
package final class MethodSchema: Sendable {
    /// What a caller needs in order to call a method where no policy says otherwise.
    package enum Permission: String, Sendable {
        /// Having files scanned.
        case scan
        /// Looking at the daemon's state.
        case read
        /// Gateways, and calls through them.
        case call
        /// What changes the daemon or shows other users' doings.
        case administer
    }

    /// A call and its answer.
    package struct Example: Sendable {
        /// What it shows.
        package let summary: String
        /// Its params.
        package let params: JSONValue
        /// Its result.
        package let result: JSONValue
    }

    /// The method's name.
    package let name: String
    /// One sentence about it.
    package let summary: String
    /// More about it.
    package let description: String
    /// The version that brought it.
    package let since: String
    /// What a caller needs.
    package let permission: Permission
    /// The socket on which it is: `rpc` or `admin`.
    package let socket: String
    /// Whether the file is there ahead of the method: this daemon does not have it yet.
    package let isPlanned: Bool
    /// What its params must be.
    package let params: Schema
    /// What its results are.
    package let result: Schema
    /// What the params of the notifications that go with it must be, by name.
    package let notifications: [String: Schema]
    /// The kinds of error that it may answer.
    package let errors: [ErrorKind]
    /// Calls and answers.
    package let examples: [Example]

    /// Every method of this version, by name; planned ones are not among them.
    package static let all: [String: MethodSchema] = {
        let served = methods.filter { SchemaLibrary.document($0.name + ".json")["planned"] != true }
        return Dictionary(uniqueKeysWithValues: served.map { ($0.name, $0.schema) })
    }()

    /// The types of all methods, planned ones too.
    package static let methods: [any APIMethod.Type] = [
        CallAgent.self, CallServer.self, CloseGateway.self, Discover.self, Drain.self, FindHosts.self, GetFile.self,
        ListGateways.self, ListSecondaries.self, Metrics.self, Ping.self, PolicyExplain.self, PrepareGateway.self,
        PutFile.self, Reload.self, ScanFile.self, ScanPath.self, Status.self, Subscribe.self, TokenForget.self,
        TokenRefresh.self, TokenStatus.self, Unsubscribe.self,
    ]

    /// The schema that is compiled in under a method's name.
    static func named(_ name: String) -> MethodSchema {
        SchemaLibrary.compiled(name + ".json") { file, compiler throws(SchemaError) in
            try MethodSchema(file, file: name + ".json", &compiler)
        }
    }

    /// Compiles a method's file.
    package init(_ json: JSONValue, file: String, _ compiler: inout SchemaCompiler) throws(SchemaError) {
        func text(_ name: String) throws(SchemaError) -> String {
            guard let text = json[name]?.string else { throw SchemaError(.invalidKeyword, at: file, name) }
            return text
        }
        guard let permission = Permission(rawValue: try text("permission")) else {
            throw SchemaError(.invalidKeyword, at: file, "permission")
        }
        name = try text("method")
        summary = try text("summary")
        description = try text("description")
        since = try text("since")
        socket = try text("socket")
        self.permission = permission
        isPlanned = json["planned"]?.bool ?? false
        params = try compiler.compile(json["params"] ?? .null, file: file, pointer: "/params")
        result = try compiler.compile(json["result"] ?? .null, file: file, pointer: "/result")
        var notifications: [String: Schema] = [:]
        for (name, notification) in json["notifications"]?.object?.members ?? [] {
            let pointer = "/notifications/\(name)/params"
            notifications[name] = try compiler.compile(notification["params"] ?? .null, file: file, pointer: pointer)
        }
        self.notifications = notifications
        let words = json["errors"]?.array ?? []
        errors = words.compactMap { $0.string.flatMap(ErrorKind.init(rawValue:)) }
        guard errors.count == words.count else { throw SchemaError(.invalidKeyword, at: file, "errors") }
        examples = (json["examples"]?.array ?? []).map {
            Example(summary: $0["summary"]?.string ?? "", params: $0["params"] ?? .null, result: $0["result"] ?? .null)
        }
    }

    /// Checks the params of a request; left out, they count as an empty object.
    ///
    /// Throws an error of kind `invalidParams` that lists every violation.
    package func check(_ params: JSONValue?) throws(APIError) {
        try Self.check(params ?? [:], self.params)
    }

    /// Checks the params of a notification that goes with the method; one that the file does not name takes anything.
    ///
    /// Throws an error of kind `invalidParams` that lists every violation.
    package func check(_ params: JSONValue, ofNotification name: String) throws(APIError) {
        if let schema = notifications[name] { try Self.check(params, schema) }
    }

    private static func check(_ params: JSONValue, _ schema: Schema) throws(APIError) {
        let violations = schema.violations(of: params)
        guard let first = violations.first else { return }
        let place = first.path.isEmpty ? "params" : "params" + first.path
        let more = violations.count == 1 ? "" : " (and \(violations.count - 1) more)"
        throw APIError(.invalidParams, "\(place): \(first.message)\(more)", violations: violations)
    }
}
