// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire
import Testing

struct SchemaCompilerTests {
    @Test(
        arguments: [
            (#"{"type": "string", "pattern": "^a"}"#, SchemaError.Code.unsupportedKeyword),
            (#"{"anyOf": [{"type": "string"}]}"#, .unsupportedKeyword),
            (#"{"oneOf": []}"#, .invalidKeyword),
            (#"{"const": 1, "enum": [1]}"#, .unsupportedKeyword),
            (#"{"format": "email"}"#, .unsupportedKeyword),
            (#"{"properties": {"a": {"multipleOf": 2}}}"#, .unsupportedKeyword),
            (#"{"additionalProperties": {"unevaluatedItems": false}}"#, .unsupportedKeyword),
            (##"{"$ref": "#/$defs/word", "minLength": 2}"##, .unsupportedKeyword),
            (#"{"type": "text"}"#, .invalidKeyword),
            (#"{"type": []}"#, .invalidKeyword),
            (#"{"minimum": "1"}"#, .invalidKeyword),
            (#"{"enum": []}"#, .invalidKeyword),
            (#"{"required": "a"}"#, .invalidKeyword),
            (#"{"minLength": -1}"#, .invalidKeyword),
            (#"{"items": [{"type": "string"}]}"#, .invalidKeyword),
            (##"{"$ref": "#/$defs/nothing"}"##, .invalidReference),
            (##"{"$ref": "other.json#/$defs/word"}"##, .invalidReference),
            (##"{"$ref": "https://example.com/schema"}"##, .invalidReference),
            (##"{"$ref": "#/$defs/circle"}"##, .invalidReference),
            (##"{"$ref": "#/$defs/itself"}"##, .invalidReference),
        ]
    )
    func `a schema that would not be checked whole fails to compile`(text: String, code: SchemaError.Code) throws {
        let file = try JSONValue(
            parsing: #"""
                {"$defs": {"word": {"type": "string"}, "itself": {"$ref": "#/$defs/itself"},
                 "circle": {"properties": {"a": {"items": {"$ref": "#/$defs/circle"}}}}}}
                """#
        )
        var compiler = SchemaCompiler(documents: ["test.json": file])
        let schema = try JSONValue(parsing: text)
        let error = #expect(throws: SchemaError.self) { try compiler.compile(schema, file: "test.json") }
        #expect(error?.code == code)
    }
}
