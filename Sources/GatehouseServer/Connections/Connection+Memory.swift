// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform

/// What a connection holds in memory counts against its user, and against all callers together: many that each stay
/// within the limits of a message and of a reply could otherwise end the daemon.
extension Connection {
    /// Notes that it holds so much by now, whatever the limits say.
    func holds(_ part: WritableKeyPath<HeldBytes, Int>, _ bytes: Int) {
        guard held[keyPath: part] != bytes else { return }
        let before = held.counted
        held[keyPath: part] = bytes
        let more = held.counted - before
        if more != 0 { server.hold(more, of: peer.user) }
    }

    /// Why it may not hold so much; nil where it may, and it is noted.
    func refusal(toHold part: WritableKeyPath<HeldBytes, Int>, _ bytes: Int) -> APIError? {
        if let refusal = refusal(ofMore: bytes - held[keyPath: part]) { return refusal }
        holds(part, bytes)
        return nil
    }

    /// Why it may not hold so many bytes more.
    func refusal(ofMore bytes: Int) -> APIError? {
        let total = held.messages + held.requests + held.batches + held.output + bytes
        let more = max(total - HeldBytes.free, 0) - held.counted
        return more > 0 ? server.refusal(toHold: more, of: peer.user) : nil
    }

    /// Notes that it holds nothing any more.
    func holdsNothing() {
        server.hold(-held.counted, of: peer.user)
        held = HeldBytes()
    }

    /// Notes what of messages waits to be handled.
    func holdsMessages() { holds(\.messages, unfinished.count + backlog.count) }
}
