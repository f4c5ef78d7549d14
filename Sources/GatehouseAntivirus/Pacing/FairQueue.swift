// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A line in which nobody waits for somebody else's bulk: users are served in turn, the connections of a user in turn,
/// and of one connection small requests before large ones.
///
/// A web server is one user, so connections count. A large request is overtaken by at most ``mostOvertaking`` small ones
/// that came later, so that it is served in the end.
package struct FairQueue<Element> {
    private var users: [UInt32: UserLine<Element>] = [:]
    /// Users with something in the line, the next one to be served first.
    private var turn: [UInt32] = []

    /// How many there are.
    package private(set) var count = 0

    /// An empty line.
    package init() {}

    /// Whether nobody is in the line.
    package var isEmpty: Bool { count == 0 }

    /// How many a user has in the line.
    package func count(of user: UInt32) -> Int { users[user]?.count ?? 0 }

    /// Puts an element, under a number that no other has, at the end of its line; one that comes back, at its head.
    package mutating func append(
        _ element: Element,
        number: UInt64,
        at place: FairPlace,
        isReturning: Bool = false
    ) {
        let entry = FairEntry(number: number, element: element)
        if users[place.user] == nil { turn.append(place.user) }
        users[place.user, default: UserLine()].append(entry, place, isReturning)
        count += 1
    }

    /// Takes an element out; nil where it is in the line no more.
    package mutating func remove(number: UInt64, at place: FairPlace) -> Element? {
        guard let element = users[place.user]?.remove(number, place) else { return nil }
        count -= 1
        dropIfEmpty(place.user)
        return element
    }

    /// Takes out whoever is next among the users that may be served.
    package mutating func removeNext(where maySend: (UInt32) -> Bool = { _ in true }) -> Element? {
        guard let index = turn.firstIndex(where: maySend) else { return nil }
        let user = turn[index]
        guard let element = users[user]?.removeNext() else { return nil }
        count -= 1
        turn.remove(at: index)
        turn.append(user)
        dropIfEmpty(user)
        return element
    }

    /// How many will have been served, it included, when its turn comes, if nobody else joins the line; at most one
    /// round more.
    ///
    /// nil where it is not in the line.
    package func rank(number: UInt64, at place: FairPlace) -> Int? {
        guard let own = users[place.user]?.rank(number, place) else { return nil }
        return users.reduce(0) { $0 + ($1.key == place.user ? own : min($1.value.count, own)) }
    }

    private mutating func dropIfEmpty(_ user: UInt32) {
        guard users[user]?.count == 0 else { return }
        users[user] = nil
        turn.removeAll { $0 == user }
    }
}

extension FairQueue: Sendable where Element: Sendable {}

/// So many small requests that came later may go before a large one.
package let mostOvertaking: UInt64 = 16

struct FairEntry<Element> {
    let number: UInt64
    let element: Element
}

extension FairEntry: Sendable where Element: Sendable {}

/// What one user has in a ``FairQueue``.
private struct UserLine<Element> {
    private var connections: [UInt: ConnectionLine<Element>] = [:]
    private var turn: [UInt] = []
    private(set) var count = 0

    mutating func append(_ entry: FairEntry<Element>, _ place: FairPlace, _ isReturning: Bool) {
        if connections[place.connection] == nil { turn.append(place.connection) }
        connections[place.connection, default: ConnectionLine()].append(entry, place.isBulk, isReturning)
        count += 1
    }

    mutating func remove(_ number: UInt64, _ place: FairPlace) -> Element? {
        guard let element = connections[place.connection]?.remove(number) else { return nil }
        count -= 1
        dropIfEmpty(place.connection)
        return element
    }

    mutating func removeNext() -> Element? {
        guard let connection = turn.first, let element = connections[connection]?.removeNext() else { return nil }
        count -= 1
        turn.removeFirst()
        turn.append(connection)
        dropIfEmpty(connection)
        return element
    }

    func rank(_ number: UInt64, _ place: FairPlace) -> Int? {
        guard let own = connections[place.connection]?.rank(number) else { return nil }
        return connections.reduce(0) { $0 + ($1.key == place.connection ? own : min($1.value.count, own)) }
    }

    private mutating func dropIfEmpty(_ connection: UInt) {
        guard connections[connection]?.count == 0 else { return }
        connections[connection] = nil
        turn.removeAll { $0 == connection }
    }
}

extension UserLine: Sendable where Element: Sendable {}

/// What one connection has in a ``FairQueue``: two lines, each in its order, merged by key.
private struct ConnectionLine<Element> {
    fileprivate struct Keyed {
        /// The order of arrival; for a large request, the last arrival that may go before it.
        let key: UInt64
        let entry: FairEntry<Element>
    }

    private var small: [Keyed] = []
    private var bulk: [Keyed] = []
    /// Counted from 1, so that 0 is before all.
    private var arrivals: UInt64 = 1

    var count: Int { small.count + bulk.count }

    mutating func append(_ entry: FairEntry<Element>, _ isBulk: Bool, _ isReturning: Bool) {
        let keyed = Keyed(key: isReturning ? 0 : arrivals &+ (isBulk ? mostOvertaking : 0), entry: entry)
        if !isReturning { arrivals &+= 1 }
        switch (isBulk, isReturning) {
        case (true, true): bulk.insert(keyed, at: 0)
        case (true, false): bulk.append(keyed)
        case (false, true): small.insert(keyed, at: 0)
        case (false, false): small.append(keyed)
        }
    }

    mutating func remove(_ number: UInt64) -> Element? {
        if let index = small.firstIndex(where: { $0.entry.number == number }) {
            return small.remove(at: index).entry.element
        }
        guard let index = bulk.firstIndex(where: { $0.entry.number == number }) else { return nil }
        return bulk.remove(at: index).entry.element
    }

    mutating func removeNext() -> Element? {
        guard let first = small.first else { return bulk.isEmpty ? nil : bulk.removeFirst().entry.element }
        // Of equal keys the large one is older.
        if let heavy = bulk.first, heavy.key <= first.key { return bulk.removeFirst().entry.element }
        return small.removeFirst().entry.element
    }

    /// The place in the merged line, from 1.
    func rank(_ number: UInt64) -> Int? {
        if let index = small.lastIndex(where: { $0.entry.number == number }) {
            return index + 1 + bulk.prefix { $0.key <= small[index].key }.count
        }
        guard let index = bulk.lastIndex(where: { $0.entry.number == number }) else { return nil }
        return index + 1 + small.prefix { $0.key < bulk[index].key }.count
    }
}

extension ConnectionLine: Sendable where Element: Sendable {}
extension ConnectionLine.Keyed: Sendable where Element: Sendable {}
