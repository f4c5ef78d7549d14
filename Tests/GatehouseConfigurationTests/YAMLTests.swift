// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseDaemon
import GatehouseWire
import Testing

struct YAMLTests {
    @Test(
        arguments: [
            ("a: 1", #"{"a":1}"#), ("a: -7", #"{"a":-7}"#), ("a: +7", #"{"a":7}"#), ("a: 007", #"{"a":7}"#),
            ("a: 0x1F", #"{"a":31}"#), ("a: 0o17", #"{"a":15}"#), ("a: 0b1", #"{"a":"0b1"}"#),
            ("a: 0x-1", #"{"a":"0x-1"}"#), ("a: 1.5", #"{"a":1.5}"#), ("a: .5", #"{"a":0.5}"#), ("a: 1.", #"{"a":1}"#),
            ("a: 1e3", #"{"a":1000}"#), ("a: .inf", #"{"a":".inf"}"#), ("a: .", #"{"a":"."}"#),
            ("a: 1e", #"{"a":"1e"}"#),
            ("a: true", #"{"a":true}"#), ("a: FALSE", #"{"a":false}"#), ("a: yes", #"{"a":"yes"}"#),
            ("a: off", #"{"a":"off"}"#), ("a: tRue", #"{"a":"tRue"}"#), ("a:", #"{"a":null}"#),
            ("a: ~", #"{"a":null}"#),
            ("a: Null", #"{"a":null}"#), (#"a: "1""#, #"{"a":"1"}"#), ("a: '~'", #"{"a":"~"}"#),
            (#"a: """#, #"{"a":""}"#),
            ("a: 15MiB", #"{"a":"15MiB"}"#), ("a: 12:30:45", #"{"a":"12:30:45"}"#), ("a: 1_000", #"{"a":"1_000"}"#),
            ("a: 2026-11-21", #"{"a":"2026-11-21"}"#), ("a: |\n  x\n  y\n", #"{"a":"x\ny\n"}"#),
            ("1: x", #"{"1":"x"}"#), ("true: x", #"{"true":"x"}"#), (#""<<": x"#, #"{"<<":"x"}"#),
            ("a: [1, {b: c}]", #"{"a":[1,{"b":"c"}]}"#), ("a:\n- 1\n- 2", #"{"a":[1,2]}"#),
            ("# only a note\na: é", #"{"a":"é"}"#),
            ("---\na: 1\n...\n", #"{"a":1}"#), ("\u{FEFF}a: 1", #"{"a":1}"#),
            ("\u{FEFF}a: 1\nb:\n  c: 2\n", #"{"a":1,"b":{"c":2}}"#), ("{}", "{}"), ("word", #""word""#),
            (#"a: "x\0y""#, #"{"a":"x\u0000y"}"#), ("a: 99999999999999999999", #"{"a":1e+20}"#),
        ]
    )
    func `a scalar is what the core schema of YAML 1_2 says`(yaml: String, json: String) throws {
        #expect(try YAMLDocument(parsing: Array(yaml.utf8)).value == JSONValue(parsing: json))
    }

    @Test(
        arguments: [
            ("a: &x 1", 1, "anchors (&name) and tags (!name) are not supported; a text that starts so needs quotes"),
            ("a: 1\nb: *x", 2, "an alias (*name) is not supported; write the value out"),
            ("a: !!str 1", 1, "anchors (&name) and tags (!name) are not supported; a text that starts so needs quotes"),
            ("a: &x [1]", 1, "anchors (&name) and tags (!name) are not supported; a text that starts so needs quotes"),
            ("a: !x {}", 1, "anchors (&name) and tags (!name) are not supported; a text that starts so needs quotes"),
            ("a:\n  <<: {b: 1}", 2, "merge keys (<<) are not supported; write the keys out"),
            ("a: 1\nb: 2\na: 3", 3, "this key stands already in line 1"),
            ("a: 1\n\"a\": 3", 2, "this key stands already in line 1"),
            ("[1, 2]: x", 1, "a key must be a plain word"), ("? {a: b}\n: c", 1, "a key must be a plain word"),
            ("*x : 1", 1, "an alias (*name) is not supported; write the key out"),
            ("a: 1\n---\nb: 2", 2, "a second document; a configuration is one"),
            ("", 1, "empty; 'profiles' at least is needed"), ("# nothing\n", 1, "empty; 'profiles' at least is needed"),
            (
                "a: 'x\n", 2,
                "not valid YAML while scanning a quoted scalar that begins in line 1: found unexpected end of stream"
            ),
            (
                "a: 1\n\tb: 2", 2,
                "not valid YAML while scanning a plain scalar that begins in line 1: found a tab character that violates indentation"
            ),
            (
                "a: {b: 1", 2,
                "not valid YAML while parsing a flow mapping that begins in line 1: did not find expected ',' or '}'"
            ),
            ("a: b: c", 1, "not valid YAML: mapping values are not allowed in this context"),
            ("a: 1\nb: \u{7}\n", 2, "not valid YAML: control characters are not allowed (byte 8)"),
            ("\u{FEFF}a: 1\r\nb: 2\rc: \u{7F}", 3, "not valid YAML: control characters are not allowed (byte 17)"),
        ]
    )
    func `what a configuration does not need is refused in its line`(yaml: String, line: Int, message: String) {
        let fault = #expect(throws: YAMLDocument.Fault.self) { try YAMLDocument(parsing: Array(yaml.utf8)) }
        #expect(fault?.mark?.line == line)
        #expect(fault?.message == message)
    }

    @Test func `what no file needs is refused before it grows`() {
        let deep = String(repeating: "[", count: 100_000)
        let bomb = "a: &a [x, x]\nb: &b [*a, *a]\n"
        let wide = "[" + String(repeating: "1,", count: 20_000) + "]"
        for text in [
            deep, bomb, wide, String(repeating: "a", count: (1 << 20) + 1), String(repeating: "- ", count: 5000),
        ] {
            #expect(throws: YAMLDocument.Fault.self) { try YAMLDocument(parsing: Array(text.utf8)) }
        }
        for bytes: [UInt8] in [[0xFF, 0xFE, 0x61, 0], [0x61, 0x3A, 0x20, 0xC3], [0x61, 0x3A, 0x20, 0x07], [0]] {
            #expect(throws: YAMLDocument.Fault.self) { try YAMLDocument(parsing: bytes) }
        }
    }

    @Test func `every part knows its line and column`() throws {
        let document = try YAMLDocument(parsing: Array("# x\na:\n  b/c:\n    - 1\n    - d: 2\n".utf8))
        let marks = document.marks.mapValues { "\($0.line):\($0.column)" }
        #expect(
            marks == [
                "": "2:1", "/a": "2:1", "/a/b~1c": "3:3", "/a/b~1c/0": "4:7", "/a/b~1c/1": "5:7", "/a/b~1c/1/d": "5:7",
            ]
        )
        #expect(document.mark(at: "/a/b~1c/1/missing")?.line == 5)
        #expect(document.mark(at: "/missing")?.line == 2)
    }
}
