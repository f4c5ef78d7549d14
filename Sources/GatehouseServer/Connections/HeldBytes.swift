// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What one connection makes the daemon keep in memory, in bytes.
struct HeldBytes {
    /// So much costs nothing: most connections never hold more.
    static let free = 16 << 10

    /// A message that has begun, and messages whose turn has not come.
    var messages = 0
    /// The messages of requests in flight, which may have files in them, and what their uploads have received.
    var requests = 0
    /// Replies of batches that are not complete.
    var batches = 0
    /// Replies that the caller has not read.
    var output = 0
    /// Whether the connection is being cut off, and all of this will be free in a moment.
    var isLeaving = false

    /// What counts against the limits of the user and of all.
    var sum: HeldSum {
        let counted = max(messages + requests + batches + output - Self.free, 0)
        return HeldSum(counted: counted, requests: requests, leaving: isLeaving ? counted : 0)
    }
}

/// What several connections hold, in bytes.
struct HeldSum: Equatable {
    /// Everything, but for a little of each connection.
    var counted = 0
    /// What requests in flight hold.
    var requests = 0
    /// What of everything will be free in a moment.
    var leaving = 0

    static func += (left: inout HeldSum, right: HeldSum) {
        left.counted += right.counted
        left.requests += right.requests
        left.leaving += right.leaving
    }

    static func - (left: HeldSum, right: HeldSum) -> HeldSum {
        HeldSum(
            counted: left.counted - right.counted,
            requests: left.requests - right.requests,
            leaving: left.leaving - right.leaving
        )
    }
}
