// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire
import Testing

/// That the types and the schemas have the same members.
///
/// Three steps close the circle: the examples show every member of the schemas; each example goes through its type and
/// comes back whole; and no member of a type stays nil in all of them.
struct DriftTests {
    @Test func `the examples show every member of every method's schema`() throws {
        var named: Set<String> = []
        var shown: Set<String> = []
        for method in MethodSchema.methods.map({ $0.schema }) {
            let file = SchemaLibrary.document(method.name + ".json")
            for part in ["params", "result"] {
                let schema = file[part] ?? .null
                Self.name(schema, "\(method.name)/\(part)", into: &named)
                for example in file["examples"]?.array ?? [] {
                    Self.show(example[part] ?? .null, schema, "\(method.name)/\(part)", into: &shown)
                }
            }
        }
        // A path is never taken, so no call with one has a result to show.
        let hidden: Set = ["scanFile/params/file/path"]
        #expect(named.subtracting(shown) == hidden)
        #expect(shown.isSubset(of: named))
    }

    @Test func `no member of a type is nil in every example`() throws {
        var seen: [String: Bool] = [:]
        for method in MethodSchema.methods { try Self.reflect(method, into: &seen) }
        for example in Self.changes { Self.reflect(try Subscribe.Changed(json: example), "", into: &seen) }
        #expect(seen.filter { !$0.value }.keys.sorted() == [])
    }

    private static func reflect<Method: APIMethod>(_ method: Method.Type, into seen: inout [String: Bool]) throws {
        for example in method.schema.examples {
            reflect(try Method.Parameters(json: example.params), "", into: &seen)
            reflect(try Method.Result(json: example.result), "", into: &seen)
        }
    }

    @Test func `every example of the notification of a change goes through its type`() throws {
        #expect(Set(Self.changes.compactMap { $0["topic"]?.string }) == Set(Subscribe.Topic.allCases.map(\.rawValue)))
        for example in Self.changes { #expect(try Subscribe.Changed(json: example).json == example) }
    }

    private static var changes: [JSONValue] {
        SchemaLibrary.document("subscribe.json")["notifications"]?["changed"]?["examples"]?.array ?? []
    }

    @Test func `every definition of a value goes through its type`() throws {
        #expect(GatewayBinding.allCases.map(\.rawValue) == Self.words("binding"))
        #expect(ReplyFormat.allCases.map(\.rawValue) == Self.words("replyFormat"))
    }

    private static func words(_ definition: String) -> [String] {
        SchemaLibrary.document("common.json")["$defs"]?[definition]?["enum"]?.array?.compactMap(\.string) ?? []
    }

    /// The shared definition that a reference leads to, with its place; otherwise the schema as it is.
    private static func resolve(_ schema: JSONValue, _ place: String) -> (schema: JSONValue, place: String) {
        guard let name = schema["$ref"]?.string?.split(separator: "/").last else { return (schema, place) }
        return (SchemaLibrary.document("common.json")["$defs"]?[String(name)] ?? .null, "$defs/\(name)")
    }

    /// The places of the members that a schema names; `*` stands for the elements of an array.
    private static func name(_ schema: JSONValue, _ place: String, into named: inout Set<String>) {
        let (schema, place) = resolve(schema, place)
        for (member, child) in schema["properties"]?.object?.members ?? [] {
            named.insert("\(place)/\(member)")
            name(child, "\(place)/\(member)", into: &named)
        }
        if let items = schema["items"] { name(items, place + "/*", into: &named) }
    }

    /// The places of the members that a value has, as far as its schema names members.
    private static func show(_ value: JSONValue, _ schema: JSONValue, _ place: String, into shown: inout Set<String>) {
        let (schema, place) = resolve(schema, place)
        for (member, child) in value.object?.members ?? [] where schema["properties"] != nil {
            shown.insert("\(place)/\(member)")
            show(child, schema["properties"]?[member] ?? .null, "\(place)/\(member)", into: &shown)
        }
        for child in value.array ?? [] { show(child, schema["items"] ?? .null, place + "/*", into: &shown) }
    }

    /// Notes each stored member by its type, and whether it was ever set.
    private static func reflect(_ value: Any, _ member: String, into seen: inout [String: Bool]) {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            seen[member] = seen[member] == true || !mirror.children.isEmpty
        } else if value is JSONValue || value is JSONObject || value is Timestamp {
            return
        }
        for child in mirror.children {
            let isMember = mirror.displayStyle == .struct || mirror.displayStyle == .enum
            reflect(child.value, isMember ? "\(type(of: value)).\(child.label ?? "")" : member, into: &seen)
        }
    }
}
