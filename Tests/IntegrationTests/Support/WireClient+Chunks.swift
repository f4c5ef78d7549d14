// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

extension WireClient {
    /// Asks for a scan of chunks that follow.
    func beginUpload(id: JSONValue, progress: Bool = false, _ more: [(String, JSONValue)] = []) throws(SystemError) {
        var params = JSONObject()
        params["file"] = ["chunks": true]
        if progress { params["progress"] = true }
        for (name, value) in more { params[name] = value }
        try request("scanFile", .object(params), id: id)
    }

    func chunk(id: JSONValue, _ data: [UInt8] = [], isLast: Bool = false) throws(SystemError) {
        try send(chunkMessage(id: id, data, isLast: isLast))
    }

    func chunkMessage(id: JSONValue, _ data: [UInt8] = [], isLast: Bool = false) -> [UInt8] {
        let chunk = ScanFile.Chunk(id: id, data: data, isLast: isLast)
        let message: JSONValue = ["jsonrpc": "2.0", "method": .string(ScanFile.Chunk.method), "params": chunk.json]
        return Array((message.text + "\n").utf8)
    }

    /// The next reply, passing over notifications.
    func finalReply() throws -> JSONValue {
        var reply = try reply()
        while reply["method"] != nil { reply = try self.reply() }
        return reply
    }

    /// Sends a message again and again until nothing is taken any more for a while.
    ///
    /// Returns how many went whole, and how much of the next one.
    func sendWhileTaken(_ message: [UInt8], upTo limit: Int) throws(SystemError) -> (messages: Int, bytesOfNext: Int) {
        var messages = 0
        var sent = 0
        while messages < limit, try isWritable(within: 500) {
            sent += try sendWhatFits(message[sent...])
            guard sent == message.count else { continue }
            sent = 0
            messages += 1
        }
        return (messages, sent)
    }
}

extension DaemonProgram {
    /// The most memory that the daemon has had so far, in bytes (proc(5), VmHWM).
    func memory() throws -> Int {
        let status = try readFile("/proc/\(program.process)/status")
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let words = line?.split(whereSeparator: \.isWhitespace) ?? []
        guard words.count == 3, let kibibytes = Int(words[1]) else { throw TestFault("no VmHWM") }
        return kibibytes << 10
    }
}
