// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// Reads a list that `HostGroup.FindHosts` made on the server, piece by piece, as a machine without I/O.
struct HostPages: Sendable {
    /// How many hosts are read at once.
    static let pageSize = 500

    private(set) var list: HostList
    /// Nil where there is no list on the server, since there are no hosts.
    private let accessor: String?
    private let wanted: Int
    private var position = 0
    private var isAtEnd = false

    /// Takes the answer to the search; nil when it is none.
    init?(_ reply: CallReply, limit: Int) {
        guard let total = reply.result.integer.flatMap(Int.init(exactly:)), total >= 0 else { return nil }
        accessor = reply.out["strAccessor"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        guard accessor != nil || total == 0 else { return nil }
        list = HostList(total: total)
        wanted = min(total, limit)
    }

    /// The call for the next piece; nil when there is none.
    func next(within: Duration) -> MethodCall? {
        guard let accessor, !isAtEnd, position < wanted else { return nil }
        var arguments = JSONObject()
        arguments["strAccessor"] = .string(accessor)
        arguments["nStart"] = .number(JSONNumber(position))
        arguments["nCount"] = .number(JSONNumber(min(wanted - position, Self.pageSize)))
        return MethodCall(MethodName(own: "ChunkAccessor.GetItemsChunk"), arguments, isIdempotent: true, within: within)
    }

    /// Takes a piece; an empty one is the end, whatever the server had counted.
    mutating func take(_ reply: CallReply) throws(SecurityCenterError) {
        guard let chunk = reply.out["pChunk"]?.object else {
            throw SecurityCenterError(.unintelligible, "the answer is no piece of a list")
        }
        // Bare, as it should be, or wrapped.
        let members = KLPARWrapper(chunk)?.value.object ?? chunk
        let items = members["KLCSP_ITERATOR_ARRAY"]?.array ?? []
        isAtEnd = items.isEmpty
        position += items.count
        list.hosts += items.compactMap(Self.members).prefix(wanted - list.hosts.count)
    }

    /// The call that lets the server forget the list; nil where there is none.
    var release: MethodCall? {
        guard let accessor else { return nil }
        var arguments = JSONObject()
        arguments["strAccessor"] = .string(accessor)
        return MethodCall(MethodName(own: "ChunkAccessor.Release"), arguments, isIdempotent: true, within: .seconds(15))
    }

    /// The members of an element, wrapped or not.
    static func members(_ element: JSONValue) -> JSONObject? {
        guard let object = element.object else { return nil }
        return KLPARWrapper(object)?.value.object ?? object
    }
}
