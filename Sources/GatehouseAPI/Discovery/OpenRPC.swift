// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// The API as an OpenRPC document (spec.open-rpc.org, version 1.3.2), from the schemas and nothing else.
///
/// OpenRPC takes JSON Schema draft-07, of which ours are a subset. It has no notifications: they stand under
/// `x-notifications`. Its params are a list of members, each with a schema; rules between members are under a method's
/// `x-params`, which is the schema of the params as a whole.
package enum OpenRPC {
    /// The document about some methods.
    package static func document(_ methods: [MethodSchema]) -> JSONValue {
        let methods = methods.sorted { $0.name < $1.name }
        let kinds = ErrorKind.defined.filter { kind in methods.contains { $0.errors.contains(kind) } }
        var document = JSONObject()
        document["openrpc"] = "1.3.2"
        document["info"] = [
            "title": "Gatehouse",
            "version": .string(gatehouseVersion),
            "description": "A per-host security broker: JSON-RPC 2.0 on a Unix socket.",
            "license": ["name": "Apache-2.0"],
        ]
        document["methods"] = .array(methods.map(describe))
        let notifications = notifications(of: methods)
        var components = JSONObject()
        components["schemas"] = .object(definitions(usedBy: [document["methods"] ?? .null, notifications]))
        components["errors"] = .object(JSONObject(kinds.map { ($0.rawValue, describe($0)) }))
        document["components"] = .object(components)
        document["x-notifications"] = notifications
        return .object(document)
    }

    private static func describe(_ method: MethodSchema) -> JSONValue {
        let file = SchemaLibrary.document(method.name + ".json")
        let params = local(file["params"] ?? [:])
        var object = JSONObject()
        object["name"] = .string(method.name)
        object["summary"] = .string(method.summary)
        object["description"] = .string(method.description)
        object["paramStructure"] = "by-name"
        object["params"] = .array(descriptors(of: params))
        object["result"] = ["name": "result", "schema": local(file["result"] ?? [:])]
        object["errors"] = .array(method.errors.map { ["$ref": .string("#/components/errors/\($0.rawValue)")] })
        object["examples"] = .array(method.examples.map(describe))
        object["x-params"] = params
        object["x-since"] = .string(method.since)
        object["x-permission"] = .string(method.permission.rawValue)
        object["x-socket"] = .string(method.socket)
        return .object(object)
    }

    private static func descriptors(of params: JSONValue) -> [JSONValue] {
        let required = params["required"]?.array?.compactMap(\.string) ?? []
        return (params["properties"]?.object?.members ?? []).map { name, schema in
            var descriptor = JSONObject()
            descriptor["name"] = .string(name)
            descriptor["description"] = schema["description"]
            descriptor["required"] = .bool(required.contains(name))
            descriptor["schema"] = schema
            return .object(descriptor)
        }
    }

    private static func describe(_ example: MethodSchema.Example) -> JSONValue {
        let params = example.params.object?.members ?? []
        return [
            "name": .string(example.summary),
            "params": .array(params.map { ["name": .string($0.name), "value": $0.value] }),
            "result": ["name": "result", "value": example.result],
        ]
    }

    private static func describe(_ kind: ErrorKind) -> JSONValue {
        [
            "code": .number(JSONNumber(kind.code)),
            "message": .string(kind.summary),
            "data": [
                "kind": .string(kind.rawValue), "retryable": .bool(kind.isRetryable), "hint": .string(kind.hint),
            ],
        ]
    }
}

// Notifications and references.
extension OpenRPC {
    /// By name, and for each name by the method that it goes with.
    private static func notifications(of methods: [MethodSchema]) -> JSONValue {
        var byName: [String: [JSONValue]] = [
            "$/cancelRequest": [
                [
                    "from": "client", "summary": "Cancels a request.",
                    "params": ["$ref": "#/components/schemas/cancelParams"],
                ]
            ]
        ]
        for method in methods {
            let members = SchemaLibrary.document(method.name + ".json")["notifications"]?.object?.members ?? []
            for (name, notification) in members {
                var entry = JSONObject()
                entry["method"] = .string(method.name)
                entry["from"] = notification["from"]
                entry["summary"] = notification["summary"]
                entry["params"] = local(notification["params"] ?? [:])
                byName[name, default: []].append(.object(entry))
            }
        }
        return .object(JSONObject(byName.sorted { $0.key < $1.key }.map { ($0.key, .array($0.value)) }))
    }

    /// The shared definitions that are referred to, those that they refer to as well.
    private static func definitions(usedBy values: [JSONValue]) -> JSONObject {
        let all = local(SchemaLibrary.document("common.json")["$defs"] ?? [:])
        var used: Set<String> = []
        var open = values
        while let value = open.popLast() {
            for name in references(in: value) where used.insert(name).inserted {
                open.append(all[name] ?? .null)
            }
        }
        return JSONObject((all.object?.members ?? []).filter { used.contains($0.name) }.map { ($0.name, $0.value) })
    }

    private static let prefix = "#/components/schemas/"

    private static func references(in value: JSONValue) -> [String] {
        switch value {
        case .array(let elements): elements.flatMap(references)
        case .object(let object):
            object.members.flatMap { name, value -> [String] in
                guard name == "$ref", let text = value.string, text.hasPrefix(prefix) else {
                    return references(in: value)
                }
                return [String(text.dropFirst(prefix.count))]
            }
        default: []
        }
    }

    /// The same schema with references that lead within the document.
    private static func local(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let elements): return .array(elements.map(local))
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.map { name, value in
                        guard name == "$ref", let text = value.string, let hash = text.lastIndex(of: "/") else {
                            return (name, local(value))
                        }
                        return (name, .string(prefix + text[text.index(after: hash)...]))
                    }
                )
            )
        default: return value
        }
    }
}

extension JSONObject {
    /// Takes members whose names differ, as those of a dictionary or another object do.
    fileprivate init(_ members: [(String, JSONValue)]) {
        self.init()
        for (name, value) in members { self[name] = value }
    }
}
