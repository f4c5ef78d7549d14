// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// What an engine's answer means, with what it said in the seed's own fields.
package struct Judgement: Equatable, Sendable {
    /// The three outcomes; there is no fourth.
    package enum Verdict: String, Equatable, Sendable {
        /// Scanned, and nothing was found.
        case clean
        /// Something was found.
        case infected
        /// Not scanned, or nobody knows: never to be taken for clean.
        case notScanned
    }

    /// One finding.
    package struct Threat: Equatable, Sendable {
        /// The malware's name.
        package var name: String?
        /// The engine's number for it.
        package var id: String?
        /// Its kind.
        package var category: String?
        /// The file inside the scanned one.
        package var file: String?
        /// What the engine did with it.
        package var disposition: String?
    }

    /// The outcome.
    package var verdict: Verdict
    /// Why nothing was scanned, in camelCase; nil for the other verdicts.
    package var reason: String?
    /// The engine's word.
    package var scanStatus: String?
    /// The name that the engine reports.
    package var fileScanned: String?
    /// The engine's word; `CLEAN` only where the verdict is clean.
    package var fileStatus: String?
    /// The engine's count.
    package var totalInfections: Int64?
    /// The engine's count; -1 where it does not count.
    package var bytesScanned: Int64?
    /// The engine's count; -1 where it does not count.
    package var totalFilesScanned: Int64?
    /// The findings.
    package var threats: [Threat] = []
    /// Date and revision of the definitions, such as `2024-12-03 rev 007`.
    package var definitions: String?
    /// The whole answer, for reports, without what may be a token; long texts are cut.
    package var raw: JSONObject?
}
