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
        let contradicts = !object.threats.isEmpty || (object.totalInfections ?? 0) != 0
        guard object.verdict != .clean || !contradicts else {
            throw .protocolViolation(reason: "a verdict that says clean and infected")
        }
        return object
    }
}
