// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// The fifth stage: takes out of an upstream's raw answer what a caller must not see.
///
/// Everything else in a result is made of the daemon's own fields. The raw answer is somebody else's object: whatever
/// is called like a credential goes, at any depth, and an answer that is too large goes as a whole.
struct Strip {
    private static let words = ["token", "authorization", "password", "secret", "cookie", "credential"]
    private static let maximumMembers = 1000

    func callAsFunction(_ result: JSONValue) -> JSONValue {
        guard case .object(var object) = result, let upstream = object["upstream"] else { return result }
        var left = Self.maximumMembers
        let stripped = strip(upstream, &left)
        object["upstream"] = left > 0 ? stripped : .null
        return .object(object)
    }

    private func strip(_ value: JSONValue, _ left: inout Int) -> JSONValue {
        left -= 1
        guard left > 0 else { return .null }
        switch value {
        case .array(let elements): return .array(elements.map { strip($0, &left) })
        case .object(let object):
            var kept = JSONObject()
            for (name, member) in object.members where left > 0 {
                let lowered = name.lowercased()
                guard !Self.words.contains(where: { lowered.contains($0) }) else { continue }
                kept[name] = strip(member, &left)
            }
            return .object(kept)
        default: return value
        }
    }
}
