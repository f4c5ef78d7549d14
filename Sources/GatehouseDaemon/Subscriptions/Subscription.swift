// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI

/// What one subscriber has been told and has still to be told.
///
/// Changes are merged: of each item only the newest state waits, and what would be too much to keep becomes the full
/// state once more. So a reader that is slow costs a bounded amount and misses no final state.
struct Subscription: Sendable {
    /// The item that changed.
    enum Item: Sendable {
        case tokens(TokenStatus.Profile)
        case gateway(GatewayReport)
        case scan(ScanReport)

        var topic: Subscribe.Topic {
            switch self {
            case .tokens: .tokens
            case .gateway: .gateways
            case .scan: .scans
            }
        }

        /// What the item is told apart by within its topic.
        var key: String {
            switch self {
            case .tokens(let profile): profile.profile
            case .gateway(let gateway): gateway.gateway
            case .scan(let scan): scan.requestID
            }
        }
    }

    private enum Pending {
        case full
        case items([String: Item])
    }

    /// More items than this that wait for one subscriber are told as the full state.
    static let maximumItems = 1024

    let name: String
    /// Whose items are told; everybody's for nil.
    let user: UInt32?
    private var sequence: Int64 = 0
    private var pending: [Subscribe.Topic: Pending] = [:]
    private let topics: [Subscribe.Topic]

    /// Begins with the full state of each topic.
    init(name: String, user: UInt32?, topics: [Subscribe.Topic]) {
        self.name = name
        self.user = user
        self.topics = topics
        for topic in topics { pending[topic] = .full }
    }

    /// Whether an item of an owner's, or of nobody's, is told here.
    func concerns(_ owner: UInt32?) -> Bool { user == nil || owner == nil || owner == user }

    /// Notes that an item changed; returns whether that is of interest here.
    mutating func changed(_ item: Item) -> Bool {
        guard topics.contains(item.topic) else { return false }
        switch pending[item.topic] {
        case .full: break
        case .items(var items):
            // Taken out first, so that it is not copied.
            pending[item.topic] = nil
            items[item.key] = item
            pending[item.topic] = items.count > Self.maximumItems ? .full : .items(items)
        case nil: pending[item.topic] = .items([item.key: item])
        }
        return true
    }

    /// Notes that other items may be there now: the full state of each topic is told once more.
    mutating func changedAltogether() {
        for topic in topics { pending[topic] = .full }
    }

    /// Takes what there is to tell; `full` gives all items of a topic.
    mutating func take(full: (Subscribe.Topic) -> [Item]) -> [Subscribe.Changed] {
        var messages: [Subscribe.Changed] = []
        for topic in topics {
            guard let waiting = pending.removeValue(forKey: topic) else { continue }
            sequence += 1
            let (items, isFull): ([Item], Bool) =
                switch waiting {
                case .full: (full(topic), true)
                case .items(let items): (items.values.sorted { $0.key < $1.key }, false)
                }
            messages.append(
                Subscribe.Changed(
                    subscription: name,
                    sequence: sequence,
                    isFull: isFull,
                    items: Self.typed(items, topic)
                )
            )
        }
        return messages
    }

    private static func typed(_ items: [Item], _ topic: Subscribe.Topic) -> Subscribe.Items {
        switch topic {
        case .tokens:
            .tokens(items.compactMap { if case .tokens(let item) = $0 { item } else { nil } })
        case .gateways:
            .gateways(items.compactMap { if case .gateway(let item) = $0 { item } else { nil } })
        case .scans:
            .scans(items.compactMap { if case .scan(let item) = $0 { item } else { nil } })
        }
    }
}
