// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseSecurityCenter
import GatehouseWire
import Testing

@Suite struct KLPARTests {
    /// What the vendor's client sends for one value of each type.
    private static let vendor = """
        {"i":1,"b":true,"s":"x","f":{"type":"double","value":1.5},"by":{"type":"binary","value":"AAE="},\
        "dt":{"type":"datetime","value":"2024-01-02T03:04:05Z"},"d":{"type":"date","value":"2024-01-02"},\
        "l":{"type":"long","value":1099511627776},"p":{"type":"params","value":{"a":{"type":"params","value":{"c":1}}}},\
        "arr":[1,"a",{"type":"params","value":{"z":2}},[3]]}
        """

    @Test func `the vendor's encoding is read by its types and written back byte for byte`() throws {
        let json = try JSONValue(parsing: Self.vendor)
        let value = try KLPARValue(json, .top)
        let params = try #require(value.params)
        #expect(params["f"] == .double(try #require(JSONNumber(1.5))))
        #expect(params["by"] == .binary([0, 1]))
        #expect(params["dt"] == .dateTime("2024-01-02T03:04:05Z"))
        #expect(params["d"] == .date("2024-01-02"))
        #expect(params["l"]?.integer == 1 << 40)
        #expect(params["p"]?.params?["a"]?.params?["c"]?.integer == 1)
        #expect(params["arr"]?.array?[2].params?["z"] == .number(JSONNumber(2)))
        #expect(value.json(.top).text == Self.vendor)
    }

    @Test(arguments: [
        "9007199254740993", "-9007199254740993", "9223372036854775807", "-9223372036854775808",
    ])
    func `a long keeps every digit`(digits: String) throws {
        let text = "{\"l\":{\"type\":\"long\",\"value\":\(digits)}}"
        let value = try KLPARValue(try JSONValue(parsing: text), .top)
        #expect(value.params?["l"]?.integer == Int64(digits))
        #expect(value.json(.top).text == text)
        #expect(try JSONValue(parsing: text).withoutKLPARWrappers.text == "{\"l\":\(digits)}")
    }

    @Test(arguments: [
        (#"{"a":null}"#, KLPARError.Code.nullMember, ["a"]),
        (#"{"a":{"type":"params","value":{"b":null}}}"#, .nullMember, ["a", "b"]),
        (#"{"a":[{"type":"params","value":{"b":null}}]}"#, .nullMember, ["a", "0", "b"]),
        (#"{"a":{"type":"uuid","value":"x"}}"#, .unknownType, ["a"]),
        (#"{"a":{"b":1}}"#, .notWrapped, ["a"]),
        (#"{"a":{"type":"long","value":1,"more":2}}"#, .notWrapped, ["a"]),
        (#"{"a":{"type":"long","value":"1"}}"#, .wrongValue, ["a"]),
        (#"{"a":{"type":"long","value":9223372036854775808}}"#, .wrongValue, ["a"]),
        (#"{"a":{"type":"datetime","value":"2024-01-02 03:04:05"}}"#, .wrongValue, ["a"]),
        (#"{"a":{"type":"datetime","value":"2024-13-02T03:04:05Z"}}"#, .wrongValue, ["a"]),
        (#"{"a":{"type":"date","value":"2024-1-2"}}"#, .wrongValue, ["a"]),
        (#"{"a":{"type":"binary","value":"AA"}}"#, .wrongValue, ["a"]),
        (#"{"a":{"type":"params","value":[]}}"#, .wrongValue, ["a"]),
    ])
    func `what is no KLPAR value is named with its place`(text: String, code: KLPARError.Code, path: [String]) throws {
        let json = try JSONValue(parsing: text)
        #expect(throws: KLPARError.self) { try KLPARValue(json, .top) }
        do {
            _ = try KLPARValue(json, .top)
        } catch {
            #expect(error.code == code && error.path == path)
        }
    }

    @Test func `null stands at the top and in arrays alone`() throws {
        #expect(try KLPARValue(.null, .top) == .null)
        #expect(try KLPARValue([1, nil], .top) == .array([.number(JSONNumber(1)), .null]))
        var params = KLPARParams()
        params["a"] = .null
        #expect(KLPARValue.params(params).json(.top).text == "{}")
    }

    @Test func `containers that others wrap too often or too little are taken`() throws {
        let wrapped = try JSONValue(parsing: #"{"type":"params","value":{"n":{"type":"params","value":{}},"x":1}}"#)
        // Bare, it would be a container of a string and an unwrapped object, which cannot be.
        #expect(try KLPARValue(wrapped, .top).params?["x"]?.integer == 1)
        #expect(try KLPARValue([["Name": "a", "Asc": true]], .top).array?[0].params?["Asc"]?.bool == true)
        // This one can be meant as it stands.
        let bare = try JSONValue(parsing: #"{"type":"params","value":{"type":"params","value":{"x":1}}}"#)
        #expect(try KLPARValue(bare, .top).params?["type"]?.string == "params")
        #expect(try KLPARValue(bare, .top).params?["value"]?.params?["x"]?.integer == 1)
    }

    @Test func `empty times are taken`() throws {
        let json = try JSONValue(parsing: #"{"a":{"type":"datetime","value":""}}"#)
        #expect(try KLPARValue(json, .top).params?["a"] == .dateTime(""))
    }

    @Test(arguments: [
        (#"{"a":{"type":"params","value":{"b":[{"type":"long","value":1}]}}}"#, #"{"a":{"b":[1]}}"#),
        (#"{"a":{"type":"binary","value":"AAE="},"b":false}"#, #"{"a":"AAE=","b":false}"#),
        (#"{"a":{"type":"other","value":{"type":"long","value":1}}}"#, #"{"a":{"type":"other","value":1}}"#),
        (#"{"a":{"type":"long","value":"x"},"b":null}"#, #"{"a":{"type":"long","value":"x"},"b":null}"#),
        (#"[{"type":"params","value":{}}]"#, "[{}]"),
    ])
    func `plain takes the known wrappers off and leaves the rest`(wire: String, plain: String) throws {
        #expect(try JSONValue(parsing: wire).withoutKLPARWrappers.text == plain)
    }

    /// Each member was once looked up by its name: a reply of a megabyte held up everybody for minutes.
    @Test(.timeLimit(.minutes(1))) func `an object of very many members is unwrapped in one pass`() throws {
        let members = (0..<200_000).map { "\"a\($0)\":[]" }.joined(separator: ",")
        let value = try JSONValue(parsing: "{\(members)}")
        #expect(value.withoutKLPARWrappers.object?.members.count == 200_000)
    }
}
