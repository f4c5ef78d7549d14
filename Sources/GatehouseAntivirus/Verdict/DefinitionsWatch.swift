// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// Looks at the age of the definitions by which a profile's files are scanned.
package final class DefinitionsWatch: Sendable {
    /// What is known of the definitions.
    package struct Report: Equatable, Sendable {
        /// Their date and revision; nil where the engine does not say.
        package var text: String?
        /// Their age; nil where it cannot be told.
        package var ageDays: Int?
        /// What the profile says of that.
        package var state: DefinitionsRule.State
    }

    private struct Seen {
        var definitions: String?
        var warnedAt: Instant?
    }

    private let rule: DefinitionsRule
    private let time: any TimeSource
    private let warn: @Sendable (String) -> Void
    private let seen = Locked<Seen?>(nil)

    /// Calls `warn` at most once a day.
    package init(_ rule: DefinitionsRule, time: any TimeSource, warn: @escaping @Sendable (String) -> Void) {
        self.rule = rule
        self.time = time
        self.warn = warn
    }

    /// The definitions of the last scan; nil before the first one.
    package var report: Report? {
        guard let seen = seen.withLock({ $0 }) else { return nil }
        let age = DefinitionsRule.age(of: seen.definitions, unixTime: time.unixTime)
        return Report(text: seen.definitions, ageDays: age, state: rule.state(age: age))
    }

    /// Takes note of a scan; throws `definitionsTooOld` where it must not be called clean.
    ///
    /// An infection stands, however old the definitions are that find it.
    func check(_ judgement: Judgement) throws(AntivirusError) {
        // An engine that did not scan seldom says by what it would have.
        guard judgement.verdict != .notScanned else { return }
        let age = DefinitionsRule.age(of: judgement.definitions, unixTime: time.unixTime)
        let isRefused = !rule.allowsClean(age: age)
        let isWorthAWarning = isRefused || rule.state(age: age) == .old
        let now = time.now
        let mustWarn = seen.withLock { seen in
            let warnedAt = seen?.warnedAt
            let mustWarn = isWorthAWarning && warnedAt.map { now - $0 >= .seconds(86_400) } ?? true
            seen = Seen(definitions: judgement.definitions, warnedAt: mustWarn ? now : warnedAt)
            return mustWarn
        }
        let text = Self.words(for: age, judgement.definitions)
        if mustWarn { warn(text) }
        guard isRefused, judgement.verdict == .clean else { return }
        throw AntivirusError(.definitionsTooOld, text, requestMayHaveLeft: true)
    }

    private static func words(for age: Int?, _ definitions: String?) -> String {
        if let age { return "the engine's virus definitions are \(age) days old" }
        guard let definitions else { return "the engine does not say how old its virus definitions are" }
        let said = definitions.onOneLine(maximum: 100)
        return "how old the engine's virus definitions are cannot be told from what it says of them: \(said)"
    }
}
