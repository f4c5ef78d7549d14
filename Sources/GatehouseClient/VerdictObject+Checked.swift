// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI
package import GatehouseWire

extension VerdictObject {
    /// Reads a daemon's verdict; what is incomplete, or says clean and something else as well, is no answer.
    ///
    /// A daemon does not send such a thing. Whoever stands in its place and does is not believed.
    package static func checked(_ json: JSONValue) throws(ClientError) -> VerdictObject {
        let object: VerdictObject
        do throws(APIError) {
            object = try VerdictObject(json: json)
        } catch {
            throw .protocolViolation(reason: error.message)
        }
        guard object.verdict != .clean || object.saysNothingButClean else {
            throw .protocolViolation(reason: "a verdict that says clean and something else as well")
        }
        return object
    }

    /// Whether no member speaks against a verdict of clean; what an engine does not say is null.
    private var saysNothingButClean: Bool {
        threats.isEmpty && (totalInfections ?? 0) == 0 && reason == nil && (fileStatus ?? "CLEAN") == "CLEAN"
            && (scanStatus ?? "SCAN_SUCCESS") == "SCAN_SUCCESS"
    }
}
