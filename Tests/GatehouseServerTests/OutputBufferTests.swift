// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc
import Testing

@testable import GatehouseServer

@Suite struct OutputBufferTests {
    @Test func `what the socket does not take stays, in order, until it does`() throws {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
        let near = Descriptor(owning: ends[0])
        let far = Descriptor(owning: ends[1])
        var output = OutputBuffer()
        let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        output.bytes = content
        #expect(output.send(to: near.number) == .partial)
        #expect(output.count > 0 && output.count < content.count)
        var received: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while output.count > 0 || received.count < content.count {
            let count = read(far.number, &chunk, chunk.count)
            if count > 0 { received += chunk.prefix(count) }
            _ = output.send(to: near.number)
        }
        #expect(received == content)
        #expect(output.bytes.isEmpty)
    }

    /// What was sent kept its memory, which nobody counted.
    @Test func `a buffer keeps no more than twice what waits`() throws {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
        let near = Descriptor(owning: ends[0])
        let far = Descriptor(owning: ends[1])
        var output = OutputBuffer()
        output.bytes = [UInt8](repeating: 7, count: 3_000_000)
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while output.send(to: near.number) == .partial {
            #expect(output.held <= 2 * output.count)
            if output.count < 1_000_000 { #expect(output.bytes.capacity < 2_100_000) }
            #expect(read(far.number, &chunk, chunk.count) > 0)
        }
        #expect(output.held == 0)
    }

    @Test func `a peer that has gone is broken, and nothing to send is everything`() throws {
        var ends: [Int32] = [-1, -1]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends) == 0)
        let near = Descriptor(owning: ends[0])
        close(ends[1])
        var output = OutputBuffer()
        #expect(output.send(to: near.number) == .everything)
        output.bytes = [1]
        #expect(output.send(to: near.number) == .broken)
    }
}
