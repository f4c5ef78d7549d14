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

        @Test func `memory that uploads took for reading ahead comes back`() async throws {
            let readers = try ReaderThreads()
            let memory = UploadMemory(extraBuffers: 3)
            let file = try ScratchFile(size: 10 << 20)
            for _ in 0..<3 {
                let passed = try file.passed(readers)
                let source = try await UploadSource.open(file: passed, user: 0, readers: readers, memory: memory)
                try source.begin {}
                await readers.settled()
                // It has taken all three.
                #expect(!memory.takeExtra())
                source.end()
                #expect((0..<4).map { _ in memory.takeExtra() } == [true, true, true, false])
                memory.giveBack(3)
            }
        }
    }
#endif
