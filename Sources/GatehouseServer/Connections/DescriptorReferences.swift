// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// The descriptor indexes that a message names: `{"file": {"fd": N}}` in the params of its requests.
enum DescriptorReferences {
    /// Whether the requests together name each index from 0 up to `count` exactly once, and no other.
    static func match(_ calls: [IncomingMessage.Call], count: Int) -> Bool {
        var isNamed = [Bool](repeating: false, count: count)
        for call in calls {
            guard let reference = reference(in: call) else { continue }
            guard let index = reference.integer.flatMap(Int.init(exactly:)), isNamed.indices.contains(index),
                !isNamed[index]
            else { return false }
            isNamed[index] = true
        }
        return isNamed.allSatisfy(\.self)
    }

    private static func reference(in call: IncomingMessage.Call) -> JSONNumber? {
        switch call {
        case .request(_, _, let params), .notification(_, let params): params?["file"]?["fd"]?.number
        case .invalid: nil
        }
    }
}
