// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// How long to wait after failures: twice as long after each, with jitter, up to a minute.
struct BackOff: Sendable {
    private var state: UInt64

    /// The seed makes the jitter repeatable.
    init(seed: UInt64) {
        state = seed
    }

    /// The next number of the sequence, from 0 up to 1.
    mutating func unit() -> Double {
        // SplitMix64: jitter needs spread, not secrecy.
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Double((mixed ^ (mixed >> 31)) >> 11) / 9_007_199_254_740_992
    }

    /// The delay after that many failures in a row: 0.2 to 0.5 s after the first, then 1, 2, 4, … 60 s, less up to a half.
    mutating func delay(after failures: Int) -> Duration {
        guard failures > 1 else { return .seconds(0.2 + 0.3 * unit()) }
        let longest = min(60, Double(1 << min(failures - 2, 6)))
        return .seconds(longest * (1 - unit() / 2))
    }
}
