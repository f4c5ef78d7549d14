// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct ContainerTests {
    static let whole: [String] = [
        "{}", #"{"a":1,"b":true,"c":"x","d":1.5,"e":[null,[1],"y"]}"#,
        #"{"a":{"type":"long","value":9007199254740993},"b":{"type":"params","value":{"c":{"type":"params","value":{}}}}}"#,
        #"{"a":{"type":"datetime","value":"2024-01-02T03:04:05Z"},"b":{"type":"datetime","value":""}}"#,
        #"{"a":{"type":"date","value":"2024-01-02"},"b":{"type":"binary","value":"AAE="}}"#,
        #"{"a":{"type":"double","value":1.5},"b":{"type":"float","value":2}}"#,
    ]

    @Test(arguments: whole) func `a container that clients can read is taken as it is`(_ text: String) {
        let value = JSONReader.read(Array(text.utf8))
        #expect(value != nil && value?.container == value)
    }

    @Test(arguments: [
        (#"{"a":{"b":1}}"#, #"{"a":{"type":"params","value":{"b":1}}}"#),
        (
            #"{"a":[{"b":{"c":1}}]}"#,
            #"{"a":[{"type":"params","value":{"b":{"type":"params","value":{"c":1}}}}]}"#
        ),
    ])
    func `a container without its wrapper gets it`(_ text: String, _ whole: String) {
        #expect(JSONReader.read(Array(text.utf8))?.container?.compact == whole)
    }

    @Test(arguments: [
        "[]", "1", #"{"a":null}"#, #"{"a":{"type":"params","value":{"b":null}}}"#, #"{"a":[{"b":null}]}"#,
        #"{"a":{"type":"none","value":1}}"#, #"{"a":{"type":"long","value":"1"}}"#,
        #"{"a":{"type":"long","value":1.5}}"#,
        #"{"a":{"type":"datetime","value":"yesterday"}}"#,
        #"{"a":{"type":"datetime","value":"2024-01-02T03:04:05.1Z"}}"#,
        #"{"a":{"type":"date","value":"2024-1-2"}}"#, #"{"a":{"type":"binary","value":"?"}}"#,
        #"{"a":{"type":"params","value":[]}}"#, #"{"a":{"type":"params","value":null}}"#,
        #"{"a":{"type":"float","value":"1"}}"#,
    ])
    func `what the vendor's clients could not read is refused`(_ text: String) throws {
        let value = try #require(JSONReader.read(Array(text.utf8)))
        #expect(value.container == nil)
        var center = Center()
        let agent = try center.agent()
        let call: JSONValue = [
            "szwProduct": "KES", "szwVersion": "11.0.0.0", "szwCallName": "Echo", "pInData": value,
        ]
        #expect(center.code("NagGuiCalls.CallConnectorAsync", call, agent) == 1192)
    }
}
