// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension Limits {
    /// These limits, lowered where the process cannot have as many descriptors (RLIMIT_NOFILE), and what was lowered.
    ///
    /// A caller over a limit hears of it; one for whom there is no descriptor hears nothing.
    func fitting(descriptors: Int) -> (limits: Limits, notices: [String]) {
        // Servers, sessions, callers' files and the daemon's own need some as well.
        let others = min(max(descriptors / 8, 64), 1024, descriptors / 4 * 3)
        let connections = descriptors - others
        let most: [(String, Int)] = [
            ("connections", connections), ("connectionsPerUid", connections / 4 * 3),
            ("descriptorsPerUid", descriptors / 4),
        ]
        var limits = self
        var notices: [String] = []
        for (key, most) in most {
            guard let path = Self.keys[key], limits[keyPath: path] > max(most, 1) else { continue }
            notices.append(
                "limits.\(key): \(max(most, 1)) in place of \(limits[keyPath: path]), since the process may have no more "
                    + "than \(descriptors) descriptors (LimitNOFILE= of the unit)"
            )
            limits[keyPath: path] = max(most, 1)
        }
        return (limits, notices)
    }
}

extension Configuration.Loaded {
    /// The same with limits that the process can keep.
    func fitting(descriptors: Int) -> Configuration.Loaded {
        let (limits, notices) = configuration.limits.fitting(descriptors: descriptors)
        guard !notices.isEmpty else { return self }
        var fitted = self
        fitted.configuration.limits = limits
        fitted.notices += notices
        return fitted
    }
}
