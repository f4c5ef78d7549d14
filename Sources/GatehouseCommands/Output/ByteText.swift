// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// Amounts of bytes for people, in the units of IEC 80000-13.
package enum ByteText {
    private static let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    /// `512 B`, `1.5 KiB`: one decimal, cut and not rounded, so that nothing shows as more than it is.
    package static func of(_ bytes: Int64) -> String {
        guard bytes >= 1024 else { return "\(max(bytes, 0)) B" }
        var whole = bytes
        var tenths: Int64 = 0
        var unit = ""
        for name in units where whole >= 1024 {
            tenths = whole % 1024 * 10 / 1024
            whole /= 1024
            unit = name
        }
        return "\(whole).\(tenths) \(unit)"
    }

    /// `1.5 KiB/s`; nil where no time has passed.
    package static func rate(_ bytes: Int64, in time: Duration) -> String? {
        perSecond(bytes, in: time).map { "\(of($0))/s" }
    }

    /// How many in a second, cut; nil where no time has passed.
    package static func perSecond(_ count: Int64, in time: Duration) -> Int64? {
        let nanoseconds = time.clampedNanoseconds
        guard nanoseconds > 0 else { return nil }
        return Int64(exactly: (Double(count) * 1e9 / Double(nanoseconds)).rounded(.down)) ?? .max
    }
}
