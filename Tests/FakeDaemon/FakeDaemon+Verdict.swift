// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

extension FakeDaemon {
    /// A verdict object with all its members.
    package static func verdict(_ word: String, reason: JSONValue = nil, threats: [String] = []) -> JSONValue {
        [
            "verdict": .string(word), "reason": reason, "scanStatus": nil, "fileScanned": nil, "fileStatus": nil,
            "totalInfections": .number(JSONNumber(threats.count)), "bytesScanned": nil, "totalFilesScanned": nil,
            "threats": .array(
                threats.map { ["name": .string($0), "id": nil, "category": nil, "file": nil, "disposition": nil] }
            ),
            "sha256": nil, "size": 1,
            "engine": ["profile": "pro", "kind": "spe", "definitions": nil, "plaintext": false],
            "requestId": "r-1", "traceId": nil, "elapsedMs": 1, "cached": false,
        ]
    }
}
