// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// Reads an item of a list by `NagNetworkListApi`, piece by piece, as a machine without I/O.
struct ListItemPieces: Sendable {
    /// What agents give at once.
    static let pieceBytes = 64 << 10

    private let item: ListItem
    /// Nil until the agent said it.
    private(set) var size: Int64?
    private(set) var position: Int64 = 0

    init(_ item: ListItem) {
        self.item = item
    }

    /// The next call; nil when the item is whole.
    func next(within: Duration) -> MethodCall? {
        guard let size else { return call("GetListItemFileInfo", [:], within) }
        guard position < size else { return nil }
        let wanted = min(size - position, Int64(Self.pieceBytes))
        return call(
            "GetListItemFileChunk",
            ["ulStartPos": .number(JSONNumber(position)), "lBytesToRead": .number(JSONNumber(wanted))],
            within
        )
    }

    /// Takes an answer: the bytes of the next piece, none for the first answer.
    mutating func take(_ reply: CallReply) throws(SecurityCenterError) -> [UInt8] {
        if let result = reply.result.integer, result != 0 {
            throw SecurityCenterError(.upstreamError, "the agent cannot give the file: result \(result)")
        }
        guard size != nil else {
            guard let total = Self.total(reply), total >= 0 else {
                throw SecurityCenterError(.unintelligible, "the answer says no size")
            }
            size = total
            return []
        }
        guard let text = Self.text(reply.out["pChunk"]), let bytes = Base64.decode(text), !bytes.isEmpty,
            bytes.count <= Self.pieceBytes, Int64(bytes.count) <= (size ?? 0) - position
        else { throw SecurityCenterError(.unintelligible, "the answer is no piece of the file") }
        position += Int64(bytes.count)
        return bytes
    }

    /// Bare, as it should be, or wrapped.
    private static func text(_ value: JSONValue?) -> String? {
        if let object = value?.object { return KLPARWrapper(object)?.value.string }
        return value?.string
    }

    private static func total(_ reply: CallReply) -> Int64? {
        guard let info = reply.out["pFileInfo"].flatMap({ try? KLPARValue($0, .top) })?.params else { return nil }
        return info["KLNLST_TOTAL_SIZE"]?.integer
    }

    private func call(_ method: String, _ more: JSONValue, _ within: Duration) -> MethodCall {
        var arguments = JSONObject()
        arguments["listName"] = .string(item.list)
        arguments["itemId"] = .string(item.id)
        if let product = item.product {
            arguments["productName"] = .string(product.name)
            arguments["productVersion"] = .string(product.version)
            arguments["pOptions"] = .object(JSONObject())
        }
        arguments["bNeedPacked"] = .bool(item.isPacked)
        for (name, value) in more.object?.members ?? [] { arguments[name] = value }
        let name = "NagNetworkListApi." + method + (item.product == nil ? "" : "2")
        return MethodCall(MethodName(own: name), arguments, isIdempotent: true, within: within)
    }
}
