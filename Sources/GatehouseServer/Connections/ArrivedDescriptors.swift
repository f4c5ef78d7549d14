// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire

/// The descriptors that wait for the end of the message that owns them (contract section 3, "Passed files").
///
/// The owner is the message that holds the last byte, separators aside, of the read that delivered them. A message owns
/// the descriptors of one read only: they all go in one `sendmsg`.
struct ArrivedDescriptors {
    private var waiting: [PassedFile] = []
    private var isBroken = false

    /// What one message owns: its descriptors, or nil where the rule was broken.
    typealias Claim = [PassedFile]?

    /// Sorts the descriptors of one read to the messages that ended in it; returns a claim for each of them.
    mutating func assign(_ arrived: [PassedFile], truncated: Bool, scan: MessageSplitter.Scan) -> [Claim] {
        var claims = [Claim](repeating: [], count: scan.ends.count)
        if !claims.isEmpty { claims[0] = take() }
        guard !arrived.isEmpty || truncated else { return claims }

        let isWhole = !truncated && scan.hadContent
        if scan.lastByteIsUnfinished || claims.isEmpty {
            isBroken = isBroken || !isWhole || !waiting.isEmpty
            waiting += arrived
        } else {
            let last = claims.count - 1
            // Two reads with descriptors for one message.
            claims[last] = isWhole && claims[last]?.isEmpty == true ? arrived : nil
        }
        return claims
    }

    /// Whether descriptors came that no message can own any more.
    var areOrphaned: Bool { isBroken }

    private mutating func take() -> Claim {
        defer {
            waiting = []
            isBroken = false
        }
        return isBroken ? nil : waiting
    }
}
