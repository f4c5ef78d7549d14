// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire
import Testing

struct MethodTests {
    private func roundTrip<Method: APIMethod>(_ method: Method.Type) throws {
        for example in method.schema.examples {
            #expect(try Method.parameters(from: example.params).json == example.params, "\(example.summary)")
            #expect(try Method.Result(json: example.result).json == example.result, "\(example.summary)")
        }
    }

    @Test func `no member of an example is lost on its way through the types`() throws {
        for method in MethodSchema.methods { try roundTrip(method) }
    }

    @Test func `a result that says no where the schema knows yes alone is no result`() {
        #expect(throws: APIError.self) { try CloseGateway.Result(json: ["closed": false]) }
        #expect(throws: APIError.self) { try Unsubscribe.Result(json: ["ended": false]) }
        #expect(throws: APIError.self) { try Ping.Result(json: ["pong": false, "version": "1"]) }
    }

    /// Every value of every example, one after the other left out or put in another type: no such value may trap, and
    /// none may turn a verdict into clean.
    @Test func `a damaged result is an error or keeps its meaning`() throws {
        let replacements: [JSONValue?] = [
            nil, .null, true, 5, "x", [], [:], [[1]], .number(try #require(JSONNumber(1e300))),
        ]
        for example in ScanFile.schema.examples {
            let members = try #require(example.result.object)
            for (name, _) in members.members {
                for replacement in replacements {
                    var damaged = members
                    damaged[name] = replacement
                    let verdict = try? VerdictObject(json: .object(damaged)).verdict
                    if name == "verdict" || example.result["verdict"] != "clean" { #expect(verdict != .clean) }
                }
            }
        }
        for json in replacements.compactMap({ $0 }) {
            #expect(throws: APIError.self) { try VerdictObject(json: json) }
            #expect(throws: APIError.self) { try Status.Result(json: json) }
            #expect(throws: APIError.self) { try TokenStatus.Result(json: json) }
            #expect(throws: APIError.self) { try Ping.Result(json: json) }
        }
    }

    @Test(arguments: ["", "Clean", "clean ", "CLEAN", "cleaned", "ok", "probablyClean"])
    func `a word that is not exactly clean never reads as clean`(word: String) {
        #expect(Verdict(word: word) == .notScanned)
    }

    @Test func `the words of the schema and of the types are the same`() throws {
        let definitions = try #require(SchemaLibrary.documents["common.json"]?["$defs"])
        let verdicts = definitions["verdictWord"]?["enum"]?.array?.compactMap(\.string)
        #expect(verdicts == Verdict.allCases.map(\.rawValue))
        let states = definitions["tokenState"]?["enum"]?.array?.compactMap(\.string)
        #expect(states == TokenState.allCases.filter { $0 != .unknown }.map(\.rawValue))
    }

    @Test func `params that break the schema name every violation`() {
        let error = #expect(throws: APIError.self) { try ScanFile.parameters(from: ["fil": 1, "deadlineMs": 0]) }
        #expect(error?.kind == .invalidParams)
        #expect(error?.violations.count == 3)
        #expect(error?.message == "params/fil: unknown member 'fil'; did you mean 'file'? (and 2 more)")
    }

    @Test func `params that are left out count as none`() throws {
        #expect(try TokenStatus.parameters(from: nil).profile == nil)
        #expect(try Ping.parameters(from: nil) == Ping.Parameters())
        #expect(throws: APIError.self) { try ScanFile.parameters(from: nil) }
        #expect(throws: APIError.self) { try Ping.parameters(from: ["x": 1]) }
    }
}
