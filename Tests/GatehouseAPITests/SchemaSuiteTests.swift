// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Foundation
import GatehouseAPI
import GatehouseWire
import Testing

/// The JSON Schema Test Suite, draft 2020-12: every file for a keyword of our subset, in full.
///
/// A group whose schema needs something outside the subset is refused by name; the list of these groups is part of the
/// test, so that nothing is skipped in silence.
struct SchemaSuiteTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/JSONSchemaTestSuite")

    struct Outcome: Equatable, CustomStringConvertible {
        let group: String
        let code: SchemaError.Code
        let detail: String

        var description: String { String("\(group): \(code) \(detail)".prefix(100)) }
    }

    private static func groups(_ file: String) throws -> [JSONValue] {
        let text = try Data(contentsOf: folder.appending(path: file + ".json"))
        return try #require(try JSONValue(parsing: Array(text)).array)
    }

    /// What a schema is refused for; nil where it compiles and every test of the group comes out as it should.
    private static func run(_ group: JSONValue) throws -> Outcome? {
        let name = group["description"]?.string ?? ""
        let schema = group["schema"] ?? .null
        var compiler = SchemaCompiler(documents: ["suite.json": schema])
        let compiled: Schema
        do {
            compiled = try compiler.compile(schema, file: "suite.json")
        } catch {
            return Outcome(group: name, code: error.code, detail: error.detail)
        }
        for test in group["tests"]?.array ?? [] {
            let data = test["data"] ?? .null
            let isValid = test["valid"]?.bool ?? false
            let what = "\(name): \(test["description"]?.string ?? "")"
            #expect(compiled.accepts(data) == isValid, "\(what)")
            #expect(compiled.violations(of: data).isEmpty == isValid, "\(what)")
        }
        return nil
    }

    @Test(
        arguments: [
            "boolean_schema", "const", "date-time", "default", "enum", "maxItems", "maxLength", "maxProperties",
            "maximum", "minItems", "minLength", "minProperties", "minimum", "oneOf", "required", "type",
        ]
    )
    func `a file of the suite passes`(file: String) throws {
        let refused = try Self.groups(file).compactMap(Self.run)
        #expect(refused.map(\.description) == Self.refused[file] ?? [])
    }

    @Test(arguments: ["additionalProperties", "defs", "items", "properties", "ref"])
    func `a file of the suite that mixes keywords passes but for groups that are refused by name`(file: String) throws {
        let refused = try Self.groups(file).compactMap(Self.run)
        #expect(refused.map(\.description) == Self.refused[file] ?? [])
    }

    /// The groups that need more than the subset.
    static let refused: [String: [String]] = [
        "additionalProperties": [
            "additionalProperties being false does not allow other properties: unsupportedKeyword patternProperti",
            "non-ASCII pattern with additionalProperties: unsupportedKeyword patternProperties",
            "additionalProperties does not look in applicators: unsupportedKeyword allOf",
            "additionalProperties with propertyNames: unsupportedKeyword propertyNames",
            "dependentSchemas with additionalProperties: unsupportedKeyword dependentSchemas",
        ],
        "defs": [
            "validate definition against metaschema: invalidReference https://json-schema.org/draft/2020-12/schem"
        ],
        "items": [
            "items and subitems: unsupportedKeyword prefixItems",
            "prefixItems with no additional items allowed: unsupportedKeyword prefixItems",
            "items does not look in applicators, valid case: unsupportedKeyword allOf",
            "prefixItems validation adjusts the starting index for items: unsupportedKeyword prefixItems",
            "items with heterogeneous array: unsupportedKeyword prefixItems",
        ],
        "properties": [
            "properties, patternProperties, additionalProperties interaction: unsupportedKeyword patternPropertie"
        ],
        "ref": [
            "root pointer ref: invalidReference #",
            "relative pointer ref to object: invalidReference #/properties/foo",
            "relative pointer ref to array: unsupportedKeyword prefixItems",
            "escaped pointer ref: invalidReference #/$defs/tilde~0field",
            "nested refs: unsupportedKeyword $defs beside $ref",
            "ref applies alongside sibling keywords: unsupportedKeyword maxItems beside $ref",
            "remote ref, containing refs itself: invalidReference https://json-schema.org/draft/2020-12/schema",
            "$ref to boolean schema true: unsupportedKeyword $defs beside $ref",
            "$ref to boolean schema false: unsupportedKeyword $defs beside $ref",
            "Recursive references between schemas: invalidReference node",
            "refs with quote: invalidReference #/$defs/foo%22bar",
            "ref creates new scope when adjacent to keywords: unsupportedKeyword $defs beside $ref",
            "refs with relative uris and defs: unsupportedKeyword properties beside $ref",
            "relative refs with absolute uris and defs: unsupportedKeyword properties beside $ref",
            "$id must be resolved against nearest parent, not just immediate parent: unsupportedKeyword allOf",
            "order of evaluation: $id and $ref: unsupportedKeyword $defs beside $ref",
            "order of evaluation: $id and $anchor and $ref: unsupportedKeyword $defs beside $ref",
            "simple URN base URI with $ref via the URN: invalidReference urn:uuid:deadbeef-1234-ffff-ffff-4321fee",
            "URN base URI with URN and JSON pointer ref: invalidReference urn:uuid:deadbeef-1234-0000-0000-4321fe",
            "URN base URI with URN and anchor ref: invalidReference urn:uuid:deadbeef-1234-ff00-00ff-4321feebdaed",
            "URN ref with nested pointer ref: unsupportedKeyword $defs beside $ref",
            "ref to if: unsupportedKeyword if beside $ref",
            "ref to then: unsupportedKeyword then beside $ref",
            "ref to else: unsupportedKeyword else beside $ref",
            "ref with absolute-path-reference: unsupportedKeyword $defs beside $ref",
            "$id with file URI still resolves pointers - *nix: unsupportedKeyword $defs beside $ref",
            "$id with file URI still resolves pointers - windows: unsupportedKeyword $defs beside $ref",
            "empty tokens in $ref json-pointer: unsupportedKeyword allOf",
        ],
    ]

    @Test(
        arguments: [
            "$anchor", "$dynamicAnchor", "$dynamicRef", "$vocabulary", "additionalItems", "allOf", "anyOf", "contains",
            "contentMediaType", "contentSchema", "dependencies", "dependentRequired", "dependentSchemas", "else",
            "exclusiveMaximum", "exclusiveMinimum", "if", "maxContains", "minContains", "multipleOf", "not", "pattern",
            "patternProperties", "prefixItems", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
            "uniqueItems", "minimun",
        ]
    )
    func `a keyword outside the subset is refused by name`(keyword: String) throws {
        var schema = JSONObject()
        schema[keyword] = [:]
        var compiler = SchemaCompiler(documents: [:])
        let error = #expect(throws: SchemaError.self) { try compiler.compile(.object(schema), file: "test.json") }
        #expect(error?.code == .unsupportedKeyword)
        #expect(error?.detail == keyword)
    }
}
