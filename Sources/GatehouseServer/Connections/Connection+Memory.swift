// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform

/// What a connection holds in memory counts against its user, and against all callers together: many that each stay
/// within the limits of a message and of a reply could otherwise end the daemon.
extension Connection {
    /// Requests up to this size are begun whatever others hold: `status` and its like always work for who reads replies.
    private static let smallRequest = 1 << 10

    /// Notes that it holds so much by now, whatever the limits say.
    func holds(_ part: WritableKeyPath<HeldBytes, Int>, _ bytes: Int) {
        // What was counted after the end would count for ever.
        guard descriptor != nil, held[keyPath: part] != bytes else { return }
        let before = held.sum
        held[keyPath: part] = bytes
        let more = held.sum - before
        if more != HeldSum() { server.hold(more, of: peer.user) }
    }

    /// Why it may not hold so many bytes more, besides those of requests.
    func refusal(ofMore bytes: Int) -> APIError? {
        var next = held
        next.messages += bytes
        let more = next.sum.counted - held.sum.counted
        return more > 0 ? server.refusal(toHold: more, of: peer.user) : nil
    }

    /// Why a request that keeps so many bytes more is not begun, or does not go on.
    func refusal(ofRequest bytes: Int) -> APIError? {
        if held.output + held.batches > HeldBytes.free, let fault = server.refusal(toHold: 0, of: peer.user) {
            return fault
        }
        return bytes > Self.smallRequest ? server.refusal(ofRequestThatHolds: bytes, of: peer.user) : nil
    }

    /// Notes that all of it will be free in a moment: nobody else is cut off for it.
    func leaves() {
        let before = held.sum
        held.isLeaving = true
        server.hold(held.sum - before, of: peer.user)
    }

    /// Notes that it holds nothing any more, at its end.
    func holdsNothing() {
        server.hold(HeldSum() - held.sum, of: peer.user)
        held = HeldBytes()
    }

    /// Notes what of messages waits to be handled.
    func holdsMessages() { holds(\.messages, unfinished.count + backlog.count) }
}
