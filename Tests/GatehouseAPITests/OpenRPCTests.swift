// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire
import Testing

struct OpenRPCTests {
    static let document = OpenRPC.document(Array(MethodSchema.all.values))

    @Test func `the document is a result of rpc discover`() {
        #expect(Discover.schema.result.violations(of: Self.document) == [])
        let names = Self.document["methods"]?.array?.compactMap { $0["name"]?.string }
        #expect(names == MethodSchema.all.keys.sorted())
    }

    @Test func `every reference leads to something in the document`() throws {
        var open = [Self.document]
        while let value = open.popLast() {
            open += value.array ?? []
            for (name, child) in value.object?.members ?? [] {
                open.append(child)
                guard name == "$ref", let text = child.string else { continue }
                let target = text.split(separator: "/").dropFirst().reduce(Self.document as JSONValue?) { value, step in
                    value?[String(step)]
                }
                #expect(text.hasPrefix("#/components/") && target != nil, "\(text)")
            }
        }
    }

    @Test func `notifications of both sides are described`() {
        let notifications = Self.document["x-notifications"]
        #expect(notifications?["chunk"]?.array?.first?["from"] == "client")
        #expect(notifications?["progress"]?.array?.contains { $0["method"] == "scanFile" } == true)
        #expect(notifications?["$/cancelRequest"] != nil)
    }

    @Test func `planned methods are left out`() {
        for method in MethodSchema.methods {
            #expect(method.schema.isPlanned == (MethodSchema.all[method.name] == nil), "\(method.name)")
        }
    }
}
