// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@Suite struct `What is written reads back` {
    @Test(arguments: 0..<UInt64(400))
    func `random values read back from their compact and their pretty text`(_ seed: UInt64) throws {
        var random = RandomText(seed: seed)
        let value = try JSONValue(parsing: random.message())
        #expect(try JSONValue(parsing: value.text) == value)
        #expect(try JSONValue(parsing: value.prettyText) == value)
        #expect(try JSONValue(parsing: value.text).text == value.text)
        #expect(try JSONValue(parsing: value.prettyText).text == value.text)
    }

    @Test func `every character below U+0300 reads back, alone and between others`() throws {
        for code in 0..<UInt32(0x300) {
            let character = try String(#require(Unicode.Scalar(code)))
            for text in [character, "a\(character)", "\(character)b", "\(character)\(character)"] {
                #expect(try JSONValue(parsing: JSONValue.string(text).text) == .string(text))
            }
        }
    }

    @Test(arguments: ["\"", "\\", "\u{0}", "\u{1F}", "\u{7F}", "é"], [0, 7, 8, 9, 17, 1030])
    func `what must be escaped reads back at every place of a text`(_ character: Character, _ length: Int) throws {
        for place in 0...min(length, 20) {
            let text =
                String(repeating: "a", count: place) + "\(character)" + String(repeating: "z", count: length - place)
            let written = JSONValue.string(text).text
            #expect(written.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
            #expect(try JSONValue(parsing: written) == .string(text))
        }
    }

    @Test func `a line of compact text holds no line break and no control character`() throws {
        let value: JSONValue = ["a\nb": ["\r\n", "\0\u{1B}\u{7F}", "\u{85}\u{2028}"]]
        #expect(value.text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        #expect(try JSONValue(parsing: value.text) == value)
    }

    @Test func `members keep their order, also when one is replaced or removed`() throws {
        var object = try #require(JSONValue(parsing: #"{"z":1,"a":2,"m":3}"#).object)
        object["a"] = "new"
        object["n"] = 4
        object["z"] = nil
        object["absent"] = nil
        #expect(JSONValue.object(object).text == #"{"a":"new","m":3,"n":4}"#)
    }

    @Test func `objects are equal whatever the order of their members, arrays are not`() throws {
        let object = try JSONValue(parsing: #"{"a":1,"b":{"c":[1,2],"d":null}}"#)
        #expect(try JSONValue(parsing: #"{"b":{"d":null,"c":[1,2]},"a":1}"#) == object)
        #expect(try JSONValue(parsing: #"{"b":{"d":null,"c":[2,1]},"a":1}"#) != object)
        #expect(try JSONValue(parsing: #"{"a":1}"#) != object)
        #expect(try JSONValue(parsing: #"{"a":1,"c":{"c":[1,2],"d":null}}"#) != object)
    }

    // Swift's `==` takes canonically equivalent texts for equal; member names were already compared by their bytes.
    @Test(arguments: [
        ("é", "e\u{301}"), ("K", "\u{212A}"), ("Å", "\u{212B}"), (";", "\u{37E}"), ("각", "\u{1100}\u{1161}\u{11A8}"),
    ])
    func `strings that only look alike are different values`(_ one: String, _ other: String) {
        #expect(one == other)
        #expect(JSONValue.string(one) != .string(other))
        #expect(JSONValue.array([.string(one)]) != [.string(other)])
        #expect(JSONValue.string(one) == .string(String(decoding: Array(one.utf8), as: UTF8.self)))
    }

    @Test func `values of different kinds are never equal`() {
        let values: [JSONValue] = [.null, false, true, 0, 1, "", "0", "null", [], [nil], [:], ["": nil]]
        for (index, value) in values.enumerated() {
            for (otherIndex, other) in values.enumerated() { #expect((value == other) == (index == otherIndex)) }
        }
    }

    @Test func `literals make the values that they look like`() {
        let value: JSONValue = ["s": "text", "i": -3, "b": true, "n": nil, "a": [1, "2"], "o": [:], "s": "last"]
        #expect(value.text == #"{"s":"last","i":-3,"b":true,"n":null,"a":[1,"2"],"o":{}}"#)
        #expect(value["s"]?.string == "last")
        #expect(value["i"]?.integer == -3)
        #expect(value["b"]?.bool == true)
        #expect(value["n"]?.isNull == true)
        #expect(value["a"]?.array?.count == 2)
        #expect(value["o"]?.object?.isEmpty == true)
        #expect(value["absent"] == nil)
        #expect(value["a"]?["s"] == nil)
    }

    @Test func `the pretty text has one member a line and two blanks a level`() throws {
        let value = try JSONValue(parsing: #"{"a":[1,{"b":"\n"},[]],"c":{}}"#)
        let lines = [
            "{", "  \"a\": [", "    1,", "    {", "      \"b\": \"\\n\"", "    },", "    []", "  ],", "  \"c\": {}",
            "}",
        ]
        #expect(value.prettyText == lines.joined(separator: "\n"))
    }
}
