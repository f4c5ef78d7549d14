// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

@testable import GatehouseServer

@Suite struct DescriptorReferencesTests {
    private func match(_ files: [String], _ count: Int) throws -> Bool {
        let calls = files.map { #"{"jsonrpc":"2.0","id":1,"method":"m","params":{"file":\#($0)}}"# }
        let text = Array("[\(calls.joined(separator: ","))]".utf8)
        let message = try text.withUnsafeBufferPointer { try IncomingMessage(reading: $0, depth: 16) }
        guard case .batch(let calls) = message else { return false }
        return DescriptorReferences.match(calls, count: count)
    }

    @Test(arguments: [
        ([#"{"fd":0}"#], 1), ([#"{"fd":1}"#, #"{"fd":0}"#], 2), ([#"{"content":""}"#], 0), (["null"], 0), (["7"], 0),
        ([#"{"fd":"0"}"#], 0), ([#"{"fd":null}"#], 0), ([#"{"fd":[0]}"#], 0),
    ])
    func `each index once, and no other, matches`(_ files: [String], _ count: Int) throws {
        #expect(try match(files, count))
    }

    @Test(arguments: [
        ([#"{"fd":0}"#], 0), ([#"{"fd":0}"#], 2), ([#"{"fd":0}"#, #"{"fd":0}"#], 2), ([#"{"fd":0}"#, #"{"fd":0}"#], 1),
        ([#"{"fd":1}"#], 1), ([#"{"fd":-1}"#], 1), ([#"{"fd":0.5}"#], 1), ([#"{"fd":1e99}"#], 1),
        ([#"{"fd":99999999999999999999}"#], 1), ([#"{"content":""}"#], 1), ([#"{"fd":"0"}"#], 1),
    ])
    func `anything else does not`(_ files: [String], _ count: Int) throws {
        #expect(try !match(files, count))
    }
}
