// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// The first stage: finds the method and holds the params against its schema.
struct Validate {
    private static let adminSocket = "admin"
    private let methods: [String: any Method]

    init(_ methods: [String: any Method]) {
        self.methods = methods
    }

    /// A call whose params its method can read without looking twice.
    struct Validated {
        let method: any Method
        let call: MethodCall
    }

    func callAsFunction(_ incoming: IncomingCall) throws(APIError) -> Validated {
        guard let method = methods[incoming.method] else { throw unknownMethod(incoming) }
        let schema = method.schema
        guard schema.name.hasSameBytes(as: incoming.method) else { throw unknownMethod(incoming) }
        guard incoming.isAdmin || schema.socket != Self.adminSocket else {
            throw APIError(
                .methodNotFound,
                "\(schema.name) is a method of the administrators' socket",
                hint: "Call it on /run/gatehouse-admin/admin.sock, or where --admin-listen says."
            )
        }
        let parameters = try named(incoming.params)
        try schema.check(parameters)
        let milliseconds = parameters["deadlineMs"]?.integer
        let wait = milliseconds.map { Duration.milliseconds($0) } ?? method.defaultDeadline
        var call = MethodCall(
            parameters: parameters,
            files: incoming.files,
            peer: incoming.peer,
            isAdmin: incoming.isAdmin,
            requestID: incoming.requestID,
            receivedAt: incoming.receivedAt,
            deadline: incoming.receivedAt + wait,
            progress: parameters["progress"]?.bool == true ? incoming.progress : nil,
            channel: incoming.channel
        )
        call.unit = incoming.unit
        return Validated(method: method, call: call)
    }

    private func named(_ params: JSONValue?) throws(APIError) -> JSONValue {
        switch params {
        case nil: return [:]
        case .array(let elements)? where elements.isEmpty: return [:]
        case .array?: throw APIError(.invalidParams, "params must be an object: this service takes them by name only")
        case let params?: return params
        }
    }

    private func unknownMethod(_ incoming: IncomingCall) -> APIError {
        let near = methods.keys.first { $0.lowercased() == incoming.method.lowercased() }
        let here = methods.filter { incoming.isAdmin || $0.value.schema.socket != Self.adminSocket }.keys
        let hint =
            near.map { "did you mean \"\($0)\"?" } ?? "the methods are \(here.sorted().joined(separator: ", "))"
        return APIError(.methodNotFound, hint: hint)
    }
}
