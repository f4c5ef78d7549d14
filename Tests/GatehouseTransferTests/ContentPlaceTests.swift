// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseTransfer
import Testing

/// Where a reply's bytes belong.
@Suite struct ContentPlaceTests {
    @Test(
        arguments: [
            (200, nil, 0, .next(most: nil)), (200, nil, 5, .start(most: nil)),
            (200, "bytes 0-8/9", 0, .next(most: 9)), (200, "bytes 0-8/9", 5, .start(most: 9)),
            (200, "bytes 5-8/9", 5, .next(most: 4)), (206, "bytes 0-8/9", 0, .next(most: 9)),
            (206, "bytes 5-8/9", 5, .next(most: 4)), (206, "bytes 5-8/*", 5, .next(most: 4)),
            (206, "bytes 0-9223372036854775807/*", 0, .next(most: nil)),
        ] as [(Int, String?, Int64, ContentPlace)]
    )
    func `a reply goes on where it was asked to, or begins with the whole`(
        status: Int,
        range: String?,
        position: Int64,
        place: ContentPlace
    ) {
        #expect(ContentPlace(status: status, range: range, position: position) == place)
    }

    @Test(arguments: [
        (206, nil, ContentFault.noRange), (206, "", .unreadableRange), (206, "bytes */9", .unreadableRange),
        (206, "bytes -5--1/9", .unreadableRange), (206, "bytes 5-8/-9", .unreadableRange),
        (206, "bytes 8-5/9", .unreadableRange), (206, "bytes 5-9/9", .unreadableRange),
        (206, "bytes 5-99999999999999999999/*", .unreadableRange), (206, "lines 5-8/9", .unreadableRange),
        (200, "bytes x", .unreadableRange),
    ])
    func `what is no part of a file is refused`(status: Int, range: String?, fault: ContentFault) {
        #expect(ContentPlace(status: status, range: range, position: 5) == .refused(fault))
    }

    @Test(arguments: [(206, "bytes 0-8/9"), (206, "bytes 4-8/9"), (206, "bytes 6-8/9"), (200, "bytes 6-8/9")])
    func `another part than was asked for is refused`(status: Int, range: String) throws {
        let other = try #require(ContentRange(range))
        #expect(ContentPlace(status: status, range: range, position: 5) == .refused(.elsewhere(other)))
    }
}
