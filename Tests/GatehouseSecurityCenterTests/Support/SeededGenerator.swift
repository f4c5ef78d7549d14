// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Random numbers that repeat, so that a failed property can be looked at again (xorshift64*).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = (seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493) | 1
    }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 2_685_821_657_736_338_717
    }

    /// Whether something that happens that often, from 0 to 1, happens now.
    mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &self) < probability
    }
}
