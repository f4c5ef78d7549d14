// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseSecurityCenter
import GatehouseWire
import Testing

@Suite struct KLPARPropertyTests {
    /// Any value that the wire can carry at a place, so that what is written there is read back as the same.
    private func value(_ random: inout SeededGenerator, _ depth: Int, _ position: KLPARPosition) -> KLPARValue {
        let number = JSONNumber(Int64.random(in: .min ... .max, using: &random))
        switch Int.random(in: 0..<(depth > 0 ? 12 : 9), using: &random) {
        case 0 where position == .element: return .null
        case 0, 1: return .bool(random.chance(0.5))
        case 2: return .number(number)
        case 3: return .string(text(&random))
        // Bare at the top, their types are not on the wire.
        case 4 where position != .top: return .long(number.integer ?? 0)
        case 5 where position != .top: return .float(JSONNumber(Double(Float(number.double))) ?? number)
        case 6 where position != .top: return .double(JSONNumber(number.double / 3) ?? number)
        case 7 where position != .top: return .dateTime("2024-02-\(Int.random(in: 10...28, using: &random))T23:59:59Z")
        case 8 where position != .top:
            return .binary(
                (0..<Int.random(in: 0..<9, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            )
        case 9, 10: return .params(params(&random, depth - 1))
        default:
            guard depth > 0 else { return .string("") }
            return .array((0..<Int.random(in: 0..<4, using: &random)).map { _ in value(&random, depth - 1, .element) })
        }
    }

    private func params(_ random: inout SeededGenerator, _ depth: Int) -> KLPARParams {
        var params = KLPARParams()
        for _ in 0..<Int.random(in: 0..<5, using: &random) {
            params[text(&random)] = value(&random, depth, .member)
        }
        return params
    }

    private func text(_ random: inout SeededGenerator) -> String {
        let letters = ["a", "type", "value", "params", "\"", "\u{0}", "é", "\u{1F600}", "long", " "]
        return (0..<Int.random(in: 0..<4, using: &random)).map { _ in letters.randomElement(using: &random) ?? "" }
            .joined()
    }

    @Test(arguments: 0..<40)
    func `what is written is read back as the same, at every place`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<50 {
            for position in KLPARPosition.allCases {
                let value = value(&random, 5, position)
                let text = value.json(position).text
                #expect(try KLPARValue(try JSONValue(parsing: text, depth: 64), position) == value, "\(text)")
            }
        }
    }

    @Test(arguments: 0..<40)
    func `what is read is written back with the same bytes`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed) + 1000)
        for _ in 0..<50 {
            let text = value(&random, 5, .member).json(.member).text
            let read = try KLPARValue(try JSONValue(parsing: text, depth: 64), .member)
            #expect(read.json(.member).text == text)
        }
    }

    @Test(arguments: 0..<20)
    func `any JSON is read or refused, and plain never loses a value`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed) + 2000)
        for _ in 0..<200 {
            let json = anyJSON(&random, 5)
            for position in KLPARPosition.allCases { _ = try? KLPARValue(json, position) }
            #expect(leaves(json.withoutKLPARWrappers) <= leaves(json))
        }
    }

    private func anyJSON(_ random: inout SeededGenerator, _ depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &random) {
        case 0: return .null
        case 1: return .bool(random.chance(0.5))
        case 2: return .number(JSONNumber(Int.random(in: -5...5, using: &random)))
        case 3: return .string(text(&random))
        case 4: return .array((0..<3).map { _ in anyJSON(&random, depth - 1) })
        case 5:
            return [
                "type": .string(["params", "long", "x"].randomElement(using: &random) ?? ""),
                "value": anyJSON(&random, depth - 1),
            ]
        default:
            var object = JSONObject()
            for _ in 0..<3 { object[text(&random)] = anyJSON(&random, depth - 1) }
            return .object(object)
        }
    }

    private func leaves(_ json: JSONValue) -> Int {
        switch json {
        case .array(let elements): elements.reduce(0) { $0 + leaves($1) }
        case .object(let object): object.members.reduce(0) { $0 + leaves($1.value) }
        default: 1
        }
    }
}
