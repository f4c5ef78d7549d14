// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What a search found, kept for the login that searched.
struct ResultSet: Sendable {
    let owner: Login.Owner
    let node: NodeName
    /// The members of each object found.
    let rows: [JSONValue]
    /// Seconds that it lives after each access.
    let lifetime: Int
    var expiry: LabInstant
}

extension SecurityCenter {
    /// The longest time that a search's result may be asked to live, in seconds.
    static let longestResultLifetime = 7200

    /// Keeps what a search found, and answers with count and accessor.
    mutating func keep(_ rows: [JSONValue], _ call: Call, lifetime: Int, accessorName: String) -> JSONValue {
        let accessor = String(ByteCoding.base64URL(mint.bytes(18)).prefix(22)).replacing("-", with: "a")
            .replacing("_", with: "b")
        resultSets[accessor] = ResultSet(
            owner: call.owner,
            node: call.node,
            rows: rows,
            lifetime: lifetime,
            expiry: call.now.advanced(bySeconds: lifetime)
        )
        return [accessorName: .string(accessor), "PxgRetVal": .integer(rows.count)]
    }

    func resultLifetime(_ call: Call) throws(PxgError) -> Int {
        guard call.parameters["lMaxLifeTime"] != nil else { return Self.longestResultLifetime }
        let lifetime = try call.number("lMaxLifeTime")
        guard (1...Self.longestResultLifetime).contains(lifetime) else { throw .badFormat("lMaxLifeTime") }
        return lifetime
    }

    /// `ChunkAccessor`: what was found, piece by piece.
    mutating func chunkAccessor(_ call: Call) throws(PxgError) -> JSONValue {
        let accessor = try call.text("strAccessor")
        guard var set = resultSets[accessor], set.owner == call.owner, set.node == call.node, call.now < set.expiry
        else { throw .notFound(accessor) }
        set.expiry = call.now.advanced(bySeconds: set.lifetime)
        resultSets[accessor] = set
        switch call.method {
        case "GetItemsCount": return ["PxgRetVal": .integer(set.rows.count)]
        case "GetItemsChunk":
            let start = try call.number("nStart")
            let count = try call.number("nCount")
            guard start >= 0, count >= 0 else { throw .badFormat("nStart") }
            let rows = set.rows.dropFirst(start).prefix(count)
            return [
                "pChunk": ["KLCSP_ITERATOR_ARRAY": .array(rows.map(JSONValue.params))],
                "PxgRetVal": .integer(rows.count),
            ]
        case "Release":
            resultSets[accessor] = nil
            return [:]
        default: throw .notFound(call.name)
        }
    }

    /// The rows in the order that `vecFieldsToOrder` (or its like) asks for, each with the wanted members only.
    func arrange(
        _ rows: [JSONValue],
        _ call: Call,
        fields: String,
        order: String
    ) throws(PxgError) -> [JSONValue] {
        var sorted = rows
        for key in try call.list(order).reversed() {
            guard let name = key["Name"]?.text else { throw .badFormat(order) }
            let isAscending = key["Asc"] != .bool(false)
            sorted = sorted.enumerated().sorted { left, right in
                let keys = (left.element[name]?.sortKey ?? "", right.element[name]?.sortKey ?? "")
                if keys.0 == keys.1 { return left.offset < right.offset }
                return (keys.0 < keys.1) == isAscending
            }.map(\.element)
        }
        let wanted = try call.texts(fields)
        return wanted.isEmpty ? sorted : sorted.map { $0.members(named: wanted) }
    }
}

extension JSONValue {
    fileprivate var sortKey: String {
        switch unwrapped {
        case .string(let text): return text.lowercased()
        case .integer(let number):
            let digits = String(number)
            return String(repeating: "0", count: max(0, 20 - digits.count)) + digits
        default: return ""
        }
    }
}
