// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire
import Testing

struct SchemaValidatorTests {
    static func violations(_ schema: String, _ value: String, _ wording: Schema.Wording = .json) throws -> [Violation] {
        var compiler = SchemaCompiler(documents: SchemaLibrary.documents)
        let schema = try compiler.compile(try JSONValue(parsing: schema), file: "test.json")
        return schema.violations(of: try JSONValue(parsing: value), wording: wording)
    }

    @Test(
        arguments: [
            (#"{"type": "integer"}"#, "1"), (#"{"type": "integer"}"#, "-0"), (#"{"type": "integer"}"#, "1.0"),
            (#"{"type": "integer"}"#, "1e2"), (#"{"type": "number"}"#, "1.5"), (#"{"type": "number"}"#, "1e400"),
            (#"{"type": ["string", "null"]}"#, "null"), (#"{"enum": ["a", null, 3]}"#, "3"),
            (#"{"enum": ["a", null, 3]}"#, "3.0"), (#"{"const": true}"#, "true"), (#"{"minimum": 3}"#, #""text""#),
            (#"{"minLength": 1, "maxLength": 2}"#, #""\ud83d\ude00é""#), (#"{"maxItems": 2}"#, "[1, 2]"),
            (#"{"properties": {"a": {"type": "null"}}, "required": ["a"]}"#, #"{"a": null, "b": 1}"#),
            (#"{"additionalProperties": {"type": "boolean"}}"#, #"{"x": true, "y": false}"#),
            (#"{"format": "date-time"}"#, #""2026-11-21T22:00:00.000Z""#), (#"{"format": "file-name"}"#, #""a.pdf""#),
            (#"{"format": "file-name"}"#, #""...""#), (#"{"format": "absolute-path"}"#, #""/files2scan""#),
        ]
    )
    func `a value that keeps its schema has no violations`(schema: String, value: String) throws {
        #expect(try Self.violations(schema, value) == [])
    }

    @Test(
        arguments: [
            (
                #"{"type": "integer", "minimum": 1, "maximum": 3600000}"#, #""abc""#, "type",
                #"must be an integer from 1 to 3600000, not "abc""#
            ),
            (
                #"{"type": "integer", "minimum": 1, "maximum": 9}"#, "0", "minimum",
                "must be an integer from 1 to 9, not 0"
            ),
            (
                #"{"type": "integer", "minimum": 1, "maximum": 9}"#, "10", "maximum",
                "must be an integer from 1 to 9, not 10"
            ),
            (#"{"type": "integer", "minimum": 0}"#, "1.5", "type", "must be an integer of at least 0, not 1.5"),
            (#"{"type": "integer"}"#, "1e400", "type", "must be an integer, not 1e400"),
            (#"{"type": "integer"}"#, "9223372036854775808", "type", "must be an integer, not 9223372036854775808"),
            (#"{"type": "number", "maximum": 3}"#, "1e400", "maximum", "must be a number of at most 3, not 1e400"),
            (#"{"type": "number", "minimum": 3}"#, "2.5", "minimum", "must be a number of at least 3, not 2.5"),
            (#"{"type": ["string", "null"]}"#, "[]", "type", "must be a string or null, not an array"),
            (
                #"{"enum": ["clean", "infected"]}"#, #""claen""#, "enum",
                #"must be one of 'clean' or 'infected', not "claen"; did you mean 'clean'?"#
            ),
            (#"{"const": true}"#, "false", "const", "must be true, not false"),
            (
                #"{"type": "string", "minLength": 1, "maxLength": 2}"#, #""""#, "minLength",
                #"must be a string of 1 to 2 characters, not """#
            ),
            (
                #"{"type": "string", "maxLength": 2}"#, #""abc""#, "maxLength",
                #"must be a string of 0 to 2 characters, not "abc""#
            ),
            (#"{"minItems": 1}"#, "[]", "minItems", "must have at least 1 elements, not 0"),
            (
                #"{"type": "string", "format": "file-name"}"#, #""a/b""#, "format",
                #"must be a file name of 1 to 255 bytes without '/' and control characters, not "a/b""#
            ),
            (#"{"format": "file-name"}"#, #""..""#, "format", nil),
            (#"{"format": "file-name"}"#, #""a\u0085b""#, "format", nil),
            (#"{"format": "absolute-path"}"#, #""/a/../b""#, "format", nil),
            (#"{"format": "absolute-path"}"#, #""a""#, "format", nil),
            (#"{"format": "credential-name"}"#, #"".ssh""#, "format", nil),
            (#"{"format": "credential-name"}"#, #""../x""#, "format", nil),
            (#"{"format": "date-time"}"#, #""2026-02-29T00:00:00Z""#, "format", nil),
            (#"{"enum": ["K"]}"#, #""\u212a""#, "enum", nil),
        ] as [(String, String, String, String?)]
    )
    func `a wrong value is named with its rule`(schema: String, value: String, rule: String, message: String?) throws {
        let found = try Self.violations(schema, value)
        #expect(found.map(\.rule) == [rule])
        #expect(found.map(\.path) == [""])
        if let message { #expect(found.map(\.message) == [message]) }
    }

    static let scan = MethodSchema.all["scanFile"]

    @Test(
        arguments: [
            ("{}", ["/file: member 'file' is missing; must be an object"]),
            (
                #"{"filee": {"fd": 0}}"#,
                [
                    "/filee: unknown member 'filee'; did you mean 'file'?",
                    "/file: member 'file' is missing; must be an object",
                ]
            ),
            (#"{"file": {}}"#, ["/file: must have exactly one of 'fd', 'content', 'chunks' and 'path'"]),
            (
                #"{"file": {"fd": 0, "path": "/a"}}"#,
                ["/file: must have exactly one of 'fd', 'content', 'chunks' and 'path'"]
            ),
            (
                #"{"file": {"fd": -1}, "deadlineMs": "abc", "progress": 1}"#,
                [
                    "/file/fd: must be an integer from 0 to 252, not -1",
                    #"/deadlineMs: must be an integer from 1 to 3600000, not "abc""#,
                    "/progress: must be true or false, not 1",
                ]
            ),
            ("[1]", [": must be an object, not an array"]), ("null", [": must be an object, not null"]),
        ]
    )
    func `every violation of a request is named at once`(params: String, expected: [String]) throws {
        let scan = try #require(Self.scan)
        let found = scan.params.violations(of: try JSONValue(parsing: params))
        #expect(found.map { "\($0.path): \($0.message)" } == expected)
    }

    @Test(
        arguments: [
            (
                #"{"method": "A.b"}"#,
                [": must have exactly one of 'gateway' and 'target'"]
            ),
            (
                #"{"method": "A.b", "gateway": "g", "target": {"agent": "h"}}"#,
                [": must have exactly one of 'gateway' and 'target'"]
            ),
            (
                #"{"method": "A.b", "gateway": "g", "via": [1], "server": "main"}"#,
                ["/via: must be left out beside 'gateway'", "/server: must be left out beside 'gateway'"]
            ),
            (
                #"{"method": "A", "target": {"agent": "h", "secondary": 1}}"#,
                [
                    #"/method: must be Class.Method or Instance.Class.Method, in letters and digits, not "A""#,
                    "/target: must have exactly one of 'agent', 'secondary' and 'secondaryInstance'",
                ]
            ),
            (
                #"{"method": "A.b", "target": {"secondary": 1, "component": {"product": "p"}}, "await": 1}"#,
                [
                    "/target/component/version: member 'version' is missing; must be a string of 1 to 256 characters",
                    "/target/component/name: member 'name' is missing; must be a string of 0 to 256 characters",
                    "/target/component: must be left out beside 'secondary'",
                    "/await: must be true or false, not 1",
                ]
            ),
        ]
    )
    func `a choice between members is explained by the members`(params: String, expected: [String]) throws {
        let found = CallAgent.schema.params.violations(of: try JSONValue(parsing: params))
        #expect(found.map { "\($0.path): \($0.message)" } == expected)
    }

    @Test(
        arguments: [
            (#"{"kind": "a", "n": "x"}"#, ["/n: must be an integer, not \"x\"", ": must have one of its 2 forms"]),
            (#"{"kind": "c"}"#, ["/kind: must be 'a', not \"c\"", ": must have one of its 2 forms"]),
            (#"{}"#, [": must have only one of its 2 forms"]),
        ]
    )
    func `where no form fits the nearest one is explained`(value: String, expected: [String]) throws {
        let schema = #"""
            {"oneOf": [{"properties": {"kind": {"const": "a"}, "n": {"type": "integer"}}},
                       {"properties": {"kind": {"const": "b"}, "n": {"type": "boolean"}}}]}
            """#
        #expect(try Self.violations(schema, value).map { "\($0.path): \($0.message)" } == expected)
    }

    @Test func `a list that is too long still has its elements checked`() throws {
        let found = try Self.violations(#"{"maxItems": 1, "items": {"type": "null"}}"#, "[null, 1]")
        #expect(found.map(\.rule) == ["maxItems", "type"])
    }

    @Test func `a path escapes what JSON Pointer needs escaped`() throws {
        let found = try Self.violations(
            #"{"additionalProperties": {"items": {"type": "null"}}}"#,
            #"{"a/b~c": [null, 1]}"#
        )
        #expect(found.map(\.path) == ["/a~1b~0c/1"])
    }

    @Test func `no message echoes long or invisible input`() throws {
        let long = String(repeating: "x", count: 5000)
        let text = #"{"\#(long)": 1, "a\u001b[31m\u202e": 2, "b": "\u001b]0;\#(long)"}"#
        let found = try Self.violations(
            #"{"properties": {"b": {"type": "null"}}, "additionalProperties": false}"#,
            text
        )
        #expect(found.count == 3)
        for violation in found {
            #expect(violation.message.utf8.count < 200)
            #expect(violation.path.utf8.count < 200)
            let isVisible = (violation.message + violation.path).unicodeScalars.allSatisfy {
                $0.value >= 0x20 && $0.properties.generalCategory != .format
            }
            #expect(isVisible)
        }
    }

    @Test func `the number of violations is bounded`() throws {
        let members = (0..<50_000).map { "\"m\($0)\": 1" }.joined(separator: ",")
        let found = try Self.violations(#"{"additionalProperties": false}"#, "{\(members)}")
        #expect(found.count == Schema.maximumViolations)
        let list = "[" + Array(repeating: "1", count: 50_000).joined(separator: ",") + "]"
        #expect(try Self.violations(#"{"items": {"type": "string"}}"#, list).count == Schema.maximumViolations)
    }

    @Test func `for people who write YAML no value is echoed`() throws {
        let schema =
            #"{"properties": {"engine": {"enum": ["spe", "icap"]}, "n": {"type": "integer"}}, "additionalProperties": false}"#
        let found = try Self.violations(schema, #"{"engine": "spf", "n": "hunter2", "engin": "hunter2"}"#, .yaml)
        #expect(
            found.map(\.message) == [
                "must be one of 'spe' or 'icap'; did you mean 'spe'?", "must be an integer, not a string",
                "unknown key; did you mean 'engine'?",
            ]
        )
    }
}
