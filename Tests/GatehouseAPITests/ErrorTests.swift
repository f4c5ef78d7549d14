// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire
import Testing

struct ErrorTests {
    @Test func `the kinds and the file of errors say the same`() throws {
        let entries = try #require(SchemaLibrary.documents["errors.json"]?["errors"]?.array)
        #expect(entries.compactMap { $0["kind"]?.string } == ErrorKind.defined.map(\.rawValue))
        #expect(entries.map { $0["code"]?.integer } == ErrorKind.defined.map { Int64($0.code) })
        #expect(entries.map { $0["retryable"]?.bool } == ErrorKind.defined.map(\.isRetryable))
        for entry in entries {
            #expect(entry["summary"]?.string?.hasSuffix(".") == true)
            #expect(entry["hint"]?.string?.hasSuffix(".") == true)
            #expect(entry["since"]?.string != nil)
        }
    }

    @Test func `every code is in JSON-RPC's ranges and stands for one kind`() {
        #expect(Set(ErrorKind.defined.map(\.code)).count == ErrorKind.defined.count)
        for kind in ErrorKind.defined {
            #expect((-32099 ... -32000).contains(kind.code) || (-32700 ... -32600).contains(kind.code))
            #expect(ErrorKind(code: kind.code) == kind)
        }
    }

    @Test(arguments: ErrorKind.defined)
    func `an error keeps its schema and reads back as it was`(kind: ErrorKind) throws {
        let error = APIError(
            kind,
            "what happened",
            retryAfterMilliseconds: 1500,
            upstream: UpstreamError(name: "gicar", status: 500, text: "é"),
            violations: [Violation(path: "/a", rule: "type", message: "must be null")],
            outcome: .unknown
        )
        let json = error.json(requestID: "r1")
        #expect(try SchemaLibrary.definition("error").violations(of: json) == [])
        #expect(json["data"]?["hint"]?.string == kind.hint)
        let back = try #require(APIError(json: json))
        #expect(back.requestID == "r1")
        #expect(back.json(requestID: "r1") == json)
        #expect(back.kind == kind)
        #expect(try SchemaLibrary.definition("error").violations(of: APIError(kind).json(requestID: nil)) == [])
    }

    @Test func `a kind of a newer daemon is unknown but kept`() throws {
        let json = try JSONValue(
            parsing:
                #"{"code": -32090, "message": "m", "data": {"kind": "tooNew", "retryable": true, "requestId": "r"}}"#
        )
        let error = try #require(APIError(json: json))
        #expect(error.kind == .unknown)
        #expect(error.word == "tooNew")
        #expect(error.code == -32090)
        #expect(error.isRetryable)
        #expect(error.json(requestID: "r") == json)
    }

    @Test(
        arguments: [
            (#"{"code": -32601, "message": "x"}"#, ErrorKind.methodNotFound), (#"{"code": 7}"#, .unknown),
            (#"{"code": -32003, "data": [1]}"#, .busy),
            (#"{"code": -32003, "data": {"kind": 5, "violations": [1]}}"#, .busy),
        ]
    )
    func `an error of another server is read by its code`(text: String, kind: ErrorKind) throws {
        #expect(APIError(json: try JSONValue(parsing: text))?.kind == kind)
    }

    @Test(arguments: ["null", "{}", #"{"code": "1"}"#, #"{"code": 1.5}"#, "[]", #"{"code": 1e400}"#])
    func `what is no error object is none`(text: String) throws {
        #expect(APIError(json: try JSONValue(parsing: text)) == nil)
    }
}
