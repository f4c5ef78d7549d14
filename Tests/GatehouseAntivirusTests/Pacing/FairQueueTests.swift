// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehouseAntivirus

struct FairQueueTests {
    /// A class, since the macros of a test call nothing that mutates a structure.
    private final class Line {
        var queue = FairQueue<String>()
        private var places: [(number: UInt64, place: FairPlace)] = []

        func add(_ name: String, _ user: UInt32, _ connection: UInt = 0, isBulk: Bool = false) {
            let place = FairPlace(user: user, connection: connection, isBulk: isBulk)
            places.append((UInt64(places.count), place))
            queue.append(name, number: UInt64(places.count - 1), at: place)
        }

        func add(_ count: Int, _ name: String, _ user: UInt32, _ connection: UInt = 0, isBulk: Bool = false) {
            for number in 0..<count { add("\(name)\(number)", user, connection, isBulk: isBulk) }
        }

        /// What is left, in the order in which it is served.
        func order() -> [String] {
            var rest = queue
            var names: [String] = []
            while let name = rest.removeNext() { names.append(name) }
            return names
        }

        func rank(_ index: Int) -> Int? { queue.rank(number: places[index].number, at: places[index].place) }

        func remove(_ index: Int) -> String? {
            queue.remove(number: places[index].number, at: places[index].place)
        }
    }

    @Test func `users are served in turn, and the connections of one user in turn`() {
        let line = Line()
        line.add(3, "a", 1, 1)
        line.add(2, "b", 1, 2)
        line.add(2, "c", 2, 3)
        #expect(line.order() == ["a0", "c0", "b0", "c1", "a1", "b1", "a2"])
    }

    @Test func `ten thousand files of one connection delay one file of another by one`() {
        let line = Line()
        line.add(10_000, "bulk", 1, 1)
        line.add("upload", 1, 2)
        line.add("other", 2, 3)
        #expect(line.order().prefix(4) == ["bulk0", "other", "upload", "bulk1"])
        #expect(line.rank(10_000) ?? 0 <= 4)
        #expect(line.rank(10_001) ?? 0 <= 2)
    }

    @Test func `small files go before large ones of their connection, but not for ever`() {
        let line = Line()
        line.add(2, "large", 1, isBulk: true)
        line.add(20, "small", 1)
        let order = line.order()
        // The first large file came first: of the arrivals until the sixteenth fourteen are small and may pass.
        #expect(order.firstIndex(of: "large0") == 14)
        #expect(order.firstIndex(of: "large1") == 16)
        #expect(order.filter { $0.hasPrefix("small") } == (0..<20).map { "small\($0)" })
    }

    @Test func `what comes back is served before what never left`() {
        let line = Line()
        line.add(3, "a", 1)
        line.queue.append("back", number: 99, at: FairPlace(user: 1), isReturning: true)
        #expect(line.order() == ["back", "a0", "a1", "a2"])
    }

    @Test func `what has left is not served`() {
        let line = Line()
        line.add(2, "a", 1)
        line.add("b", 2)
        #expect(line.remove(0) == "a0")
        #expect(line.remove(0) == nil)
        #expect(line.rank(0) == nil)
        #expect(line.remove(2) == "b")
        #expect(line.queue.count(of: 2) == 0)
        #expect(line.order() == ["a1"])
    }

    @Test(arguments: 0..<200)
    func `all that join are served once, and no later than their rank says`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let line = Line()
        let count = Int.random(in: 1...60, using: &random)
        for number in 0..<count {
            let user = UInt32.random(in: 1...3, using: &random)
            line.add("\(number)", user, UInt.random(in: 1...3, using: &random), isBulk: random.chance(0.3))
            if random.chance(0.2) { _ = line.queue.removeNext() }
        }
        let order = line.order()
        #expect(order.count == line.queue.count)
        #expect(Set(order).count == order.count)
        for (index, name) in order.enumerated() {
            let rank = try #require(line.rank(Int(name) ?? -1))
            // One round: as many as there are lines.
            #expect(
                index + 1 <= rank + 9 && rank <= index + 1 + 9,
                "\(name) is served as number \(index + 1), not \(rank)"
            )
        }
    }
}
