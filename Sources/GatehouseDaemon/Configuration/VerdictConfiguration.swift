// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAntivirus
import GatehouseWire

/// What a profile makes of its engine's verdicts, whatever the engine is.
package struct VerdictConfiguration: Equatable, Sendable {
    /// The verdicts that are kept.
    package struct Cache: Equatable, Sendable {
        /// For how long.
        package var seconds: Int64 = 3600
        /// How many.
        package var entries = 10_000
    }

    /// How old virus definitions may be.
    package var definitions = DefinitionsRule()
    /// What is kept; nil for nothing.
    package var cache: Cache?

    /// Every scan asks the engine, and believes it.
    package init() {}

    /// Reads a profile's keys `definitions` and `cache`; what has the wrong type is passed over.
    init(_ profile: JSONValue) {
        let ages = profile["definitions"]
        definitions = DefinitionsRule(
            warnAfterDays: ages?["warnAfterDays"]?.integer.map(Int.init(clamping:)),
            refuseAfterDays: ages?["refuseAfterDays"]?.integer.map(Int.init(clamping:))
        )
        guard let cache = profile["cache"]?.object else { return }
        var kept = Cache()
        if let seconds = cache["seconds"]?.integer { kept.seconds = seconds }
        if let entries = cache["entries"]?.integer { kept.entries = Int(clamping: entries) }
        self.cache = kept
    }
}
