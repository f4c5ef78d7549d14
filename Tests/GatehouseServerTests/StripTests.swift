// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@testable import GatehouseServer

@Suite struct StripTests {
    @Test func `what is called like a credential goes from the raw answer, at any depth`() {
        let result: JSONValue = [
            "verdict": "infected", "token": "ours",
            "upstream": [
                "accessToken": "x", "AUTHORIZATION": "x", "a": [["Set-Cookie": "x", "kept": 1]], "clientSecret": ["x"],
                "b": ["userPassword": "x", "credentials": "x"],
            ],
        ]
        let wanted: JSONValue = ["verdict": "infected", "token": "ours", "upstream": ["a": [["kept": 1]], "b": [:]]]
        #expect(Strip()(result) == wanted)
    }

    @Test func `a result without a raw answer stays as it is`() {
        #expect(Strip()(["token": "t"]) == ["token": "t"])
        #expect(Strip()(["token"]) == ["token"])
    }

    @Test(arguments: [998, 999, 1000, 5000])
    func `a raw answer of a thousand values goes as a whole`(_ count: Int) {
        let answer = JSONValue.array([JSONValue](repeating: 1, count: count))
        let wanted = count < 999 ? answer : JSONValue.null
        #expect(Strip()(["upstream": answer]) == ["upstream": wanted])
    }
}
