// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseClient
package import GatehouseWire

/// What the program makes of a daemon's verdict: as strict as can be with clean, as easy as can be with infected.
package struct Judgement: Equatable, Sendable {
    /// The three ways in which a scan can end.
    package enum Outcome: Equatable, Sendable {
        /// A complete verdict object that says clean.
        case clean
        /// Anything that says infected, with the name of the first threat.
        case infected(name: String)
        /// All else.
        case notScanned(reason: String)
    }

    /// How the scan ended.
    package let outcome: Outcome
    /// The daemon's object, as it came.
    package let object: JSONValue

    /// Judges the result of `scanFile`.
    package init(_ object: JSONValue) {
        self.object = object
        outcome = Self.judge(object)
    }

    private static func judge(_ object: JSONValue) -> Outcome {
        if object["verdict"]?.string == Verdict.infected.rawValue { return .infected(name: threatName(object)) }
        do throws(ClientError) {
            let verdict = try VerdictObject.checked(object)
            return verdict.verdict == .clean ? .clean : .notScanned(reason: verdict.reason ?? "unknownAnswer")
        } catch {
            return .notScanned(reason: "unknownAnswer")
        }
    }

    private static func threatName(_ object: JSONValue) -> String {
        let threats = object["threats"]?.array ?? []
        let names = threats.lazy.compactMap { $0["name"]?.string ?? $0["id"]?.string }
        return names.first { !$0.isEmpty } ?? "unknown"
    }
}
