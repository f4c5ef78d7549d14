// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// `NagNetworkListApi`: files in the agent's lists, read piece by piece.
enum NetworkList {
    /// The lists that exist, each with the same items.
    static let names = ["Quarantine", "Backup", "TIF"]
    /// The items of each list, and their sizes in bytes.
    static let items = ["item-1": 300_001, "item-empty": 0]
    /// The longest piece that one call gives, in bytes.
    static let longestPiece = 64 * 1024

    static func answer(_ call: Call) throws(PxgError) -> JSONValue {
        let list = try call.text("listName")
        let item = try call.text("itemId")
        guard names.contains(list), let size = items[item] else { throw .notFound("\(list)/\(item)") }
        if call.method.hasSuffix("2") || call.method == "ReleaseFileInfo" {
            _ = try call.text("productName")
            _ = try call.text("productVersion")
        }
        switch call.method {
        case "GetListItemFileInfo", "GetListItemFileInfo2":
            let file = try file(list, item, size, call)
            return [
                "pFileInfo": ["KLNLST_FILE_NAME": .string(file.name), "KLNLST_TOTAL_SIZE": .integer(file.size)],
                "PxgRetVal": 0,
            ]
        case "GetListItemFileChunk", "GetListItemFileChunk2":
            let bytes = try file(list, item, size, call).bytes
            let start = try call.number("ulStartPos")
            let count = try call.number("lBytesToRead")
            guard (0...bytes.count).contains(start), count >= 0 else { throw .badFormat("ulStartPos") }
            let piece = bytes[start...].prefix(min(count, longestPiece))
            return ["pChunk": .string(ByteCoding.base64(piece)), "PxgRetVal": 0]
        case "ReleaseFileInfo": return [:]
        default: throw .notFound(call.name)
        }
    }

    private static func file(
        _ list: String,
        _ item: String,
        _ size: Int,
        _ call: Call
    ) throws(PxgError) -> RemoteFile {
        let file = RemoteFile(name: "\(list)-\(item).bin", content: .generated(size))
        guard try call.bool("bNeedPacked") else { return file }
        return RemoteFile(name: file.name + ".zip", content: .bytes(StoredZip.archive([file.name: file.bytes])))
    }
}
