// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseServer
import Synchronization

/// Everyone who follows changes, on the loop.
///
/// Changes go out at most ten times a second and subscriber, and not to one that is behind with reading.
actor Subscriptions {
    private struct Subscriber {
        var subscription: Subscription
        let channel: any NotificationChannel
        var isScheduled = false
    }

    private static let interval = Duration.milliseconds(100)
    private static let maximumPerConnection = 16

    private let loop: EventLoop
    private let spawner: TaskSpawner
    /// Where items come from; nil before there is a usable configuration.
    private nonisolated let sources = Locked<SubscriptionSources?>(nil)
    private var isObserving = false
    private var subscribers: [UInt64: Subscriber] = [:]
    private var nextNumber: UInt64 = 1
    /// The connections that say when they are closed; one word from each, however often it subscribes.
    private var watched: Set<ObjectIdentifier> = []
    private nonisolated let count = Atomic<Int>(0)

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop, spawner: TaskSpawner) {
        self.loop = loop
        self.spawner = spawner
    }

    /// Takes items from other sources from now on; subscriptions go on, with the full state of what is told anew.
    ///
    /// Called on the loop, or before it runs.
    nonisolated func follow(_ new: SubscriptionSources) {
        let old = sources.withLock { sources -> SubscriptionSources? in
            defer { sources = new.continuing(sources) }
            return sources
        }
        if let old { assumeIsolated { $0.changed(from: old) } }
    }

    private func changed(from old: SubscriptionSources) {
        guard isObserving else { return }
        old.endObserving()
        isObserving = false
        observe()
        for number in subscribers.keys {
            subscribers[number]?.subscription.changedAltogether()
            schedule(number, in: Self.interval)
        }
    }

    /// Begins to listen when there is somebody to tell.
    private func observe() {
        guard !isObserving else { return }
        isObserving = true
        sources.withLock { $0 }?.observe { [weak self] item, owner in self?.changed(item, owner) }
    }

    /// Notes a change, from any thread; of interest to `owner` alone, or to everybody.
    private nonisolated func changed(_ item: @escaping @Sendable () -> Subscription.Item?, _ owner: UInt32?) {
        // A change that nobody follows costs one look.
        guard count.load(ordering: .relaxed) > 0 else { return }
        spawner.spawn { await self.distribute(item, owner) }
    }

    private func distribute(_ make: @Sendable () -> Subscription.Item?, _ owner: UInt32?) {
        guard let item = make() else { return }
        for number in subscribers.keys {
            guard subscribers[number]?.subscription.concerns(owner) == true else { continue }
            if subscribers[number]?.subscription.changed(item) == true { schedule(number, in: Self.interval) }
        }
    }

    /// Begins a subscription; its first notifications follow the answer.
    func subscribe(
        _ topics: [Subscribe.Topic],
        owner: UInt32?,
        _ channel: any NotificationChannel
    ) throws(APIError) -> String {
        guard subscribers.values.count(where: { $0.channel === channel }) < Self.maximumPerConnection else {
            throw APIError(
                .limitExceeded,
                "a connection has no more than \(Self.maximumPerConnection) subscriptions",
                hint: "One subscription may have several topics; unsubscribe ends one that is not needed."
            )
        }
        observe()
        let number = nextNumber
        nextNumber += 1
        let name = "s\(number)"
        let subscription = Subscription(name: name, user: owner, topics: topics)
        subscribers[number] = Subscriber(subscription: subscription, channel: channel)
        count.store(subscribers.count, ordering: .relaxed)
        watch(channel)
        schedule(number, in: .zero)
        return name
    }

    private func watch(_ channel: any NotificationChannel) {
        let identifier = ObjectIdentifier(channel)
        guard watched.insert(identifier).inserted else { return }
        channel.whenClosed { [weak self] in
            self?.assumeIsolated { $0.closed(identifier) }
        }
    }

    private func closed(_ channel: ObjectIdentifier) {
        watched.remove(channel)
        for (number, subscriber) in subscribers where ObjectIdentifier(subscriber.channel) == channel {
            remove(number)
        }
    }

    /// Ends a subscription of this connection; false where it has none of that name.
    func unsubscribe(_ name: String, _ channel: any NotificationChannel) -> Bool {
        let found = subscribers.first { $0.value.subscription.name == name && $0.value.channel === channel }
        guard let found else { return false }
        remove(found.key)
        return true
    }

    private func remove(_ number: UInt64) {
        subscribers[number] = nil
        count.store(subscribers.count, ordering: .relaxed)
    }

    private func schedule(_ number: UInt64, in wait: Duration) {
        guard subscribers[number]?.isScheduled == false else { return }
        subscribers[number]?.isScheduled = true
        loop.schedule(at: loop.time.now + wait) { [weak self] in
            self?.assumeIsolated { $0.tell(number) }
        }
    }

    private func tell(_ number: UInt64) {
        subscribers[number]?.isScheduled = false
        guard let channel = subscribers[number]?.channel else { return }
        guard !channel.isBehind else {
            schedule(number, in: Self.interval)
            return
        }
        let user = subscribers[number]?.subscription.user
        let sources = sources.withLock { $0 }
        let messages = subscribers[number]?.subscription.take { sources?.all($0, of: user) ?? [] } ?? []
        for message in messages { channel.notify(Subscribe.Changed.method, message.json) }
    }
}
