// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

@testable import GatehouseServer

/// The ownership rule of contract section 3, over every way in which the bytes of a stream may be cut into reads.
@Suite struct ArrivedDescriptorsTests {
    /// One read: its bytes, and how many descriptors came with it.
    typealias Read = (text: String, files: Int)

    /// What each message that ended got; nil where the rule was broken.
    private func claims(_ reads: [Read], truncated: Bool = false) throws -> (claims: [Int?], areOrphaned: Bool) {
        let readers = try ReaderThreads()
        var splitter = MessageSplitter(maximumBytes: 1000, depth: 8)
        var arrived = ArrivedDescriptors()
        var claims: [Int?] = []
        for read in reads {
            let scan = Array(read.text.utf8).withUnsafeBufferPointer { splitter.scan($0) }
            let files = (0..<read.files).map { _ in
                PassedFile(owning: open("/dev/null", O_RDONLY | O_CLOEXEC), user: 1, readers: readers)
            }
            claims += arrived.assign(files, truncated: truncated && read.files > 0, scan: scan).map { $0?.count }
        }
        return (claims, arrived.areOrphaned)
    }

    @Test(
        arguments: [
            ([("{}", 1)], [1]),
            ([("{}{}", 2)], [0, 2]),
            ([("{}\n{}\n\0 ", 2)], [0, 2]),
            ([("{", 1), ("}", 0)], [1]),
            ([("{}{", 1), ("}", 0)], [0, 1]),
            ([("{", 1), ("}{}", 0)], [1, 0]),
            ([("{", 1), ("}{}", 2)], [1, 2]),
            ([("{", 0), ("}", 3)], [3]),
            ([("{", 0), ("}{", 3), ("}", 0)], [0, 3]),
            ([("{", 1), ("", 0), ("}", 0)], [1]),
            ([("{", 1), ("\n}", 0), ("{}", 0)], [1, 0]),
            ([("[{},{}]", 2)], [2]),
        ] as [([Read], [Int])]
    )
    func `the message with the last byte of the read owns what came with it`(_ reads: [Read], _ wanted: [Int]) throws {
        let result = try claims(reads)
        #expect(result.claims == wanted)
        #expect(!result.areOrphaned)
    }

    @Test(
        arguments: [
            [("{", 1), ("}", 1)],
            [("{", 1), ("", 0), ("}", 1)],
        ] as [[Read]]
    )
    func `descriptors of two reads for one message break the rule`(_ reads: [Read]) throws {
        #expect(try claims(reads).claims == [nil])
    }

    @Test func `descriptors of two reads break the rule before the message has ended`() throws {
        #expect(try claims([("{", 1), ("\"a\"", 1)]).areOrphaned)
    }

    @Test func `descriptors with separators alone belong to nobody`() throws {
        #expect(try claims([("\n", 1)]).areOrphaned)
        #expect(try claims([("{}", 0), ("\n", 1)]).areOrphaned)
    }

    @Test func `what the kernel dropped is missed by its message alone`() throws {
        #expect(try claims([("{}{}", 1)], truncated: true).claims == [0, nil])
        #expect(try claims([("{", 1), ("}", 0)], truncated: true).areOrphaned == false)
        #expect(try claims([("{", 1), ("}", 0)], truncated: true).claims == [nil])
    }
}
