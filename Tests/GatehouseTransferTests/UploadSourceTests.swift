// Gatehouse. SPDX-License-Identifier: Apache-2.0

// Only debug builds let a test reach what is internal.
#if DEBUG
    import GatehousePlatform
    @testable import GatehouseTransfer
    import Glibc
    import Testing

    @Suite(.timeLimit(.minutes(1))) struct UploadSourceTests {
        @Test func `what was read and not sent is not sent whole`() async throws {
            let readers = try ReaderThreads()
            let file = try ScratchFile(Array("hello".utf8))
            let source = try await file.source(readers)
            try source.begin {}
            await readers.settled()
            await #expect(throws: UploadSourceError.notSentWhole) { try await source.finish() }
            let part = withUnsafeTemporaryAllocation(byteCount: 8, alignment: 1) { source.take(into: $0) }
            #expect(part == .bytes(5))
            #expect(try await source.finish().size == 5)
        }

        @Test(arguments: [(3, 3), (12, 12), (40, 15)])
        func `an upload reads ahead as far as memory allows, and gives it back`(extra: Int, taken: Int) async throws {
            let readers = try ReaderThreads()
            let memory = UploadMemory(extraBuffers: extra)
            let file = try ScratchFile(size: 10 << 20)
            for _ in 0..<3 {
                let passed = try file.passed(readers)
                let source = try await UploadSource.open(file: passed, user: 0, readers: readers, memory: memory)
                try source.begin {}
                await readers.settled()
                #expect(Self.left(memory) == extra - taken)
                source.end()
                #expect(Self.left(memory) == extra)
            }
        }

        /// Eight uploads at once would otherwise take 32 MiB.
        @Test func `few buffers are there for uploads that have enough, and all come back`() {
            let memory = UploadMemory(extraBuffers: 9, farAhead: 2)
            #expect([4, 15, 4].map(memory.takeExtra) == [true, true, false])
            #expect([1, 2, 3].map(memory.takeExtra) == [true, true, true])
            // One upload's three and the two that it read far ahead.
            memory.giveBack(5)
            #expect([4, 5, 6].map(memory.takeExtra) == [true, true, false])
        }

        /// How many buffers an upload with one of its own could still have; they are put back.
        private static func left(_ memory: UploadMemory) -> Int {
            var count = 0
            while memory.takeExtra(beside: 1) { count += 1 }
            for _ in 0..<count { memory.giveBack(1) }
            return count
        }
    }
#endif
