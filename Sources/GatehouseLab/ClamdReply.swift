// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Reads clamd's reply to `zINSTREAM`, which ends in NUL (protocol page, section 6.1).
package struct ClamdReply: Sendable {
    private var bytes: [UInt8] = []

    /// Makes a reader that has seen nothing.
    package init() {}

    /// Takes what has arrived; the finding once it is certain.
    ///
    /// That nothing was found is certain only at the connection's end: there must be one reply, and nothing after it.
    package mutating func consume(_ piece: [UInt8]) -> ScanFinding? {
        bytes += piece
        guard let end = bytes.firstIndex(of: 0) else { return bytes.count > 4096 ? .failed : nil }
        let finding = Self.finding(String(decoding: bytes[..<end], as: UTF8.self))
        guard finding == .clean else { return finding }
        return end == bytes.count - 1 ? nil : .failed
    }

    /// The finding when clamd has closed the connection; `isWhole` says whether it was sent all of the file before.
    package func end(isWhole: Bool) -> ScanFinding {
        isWhole && bytes == Array("stream: OK\0".utf8) ? .clean : .failed
    }

    /// The finding of a whole reply; whatever is not understood is a failure, an empty one too.
    package static func finding(_ reply: String) -> ScanFinding {
        let prefix = "stream: "
        if reply == prefix + "OK" { return .clean }
        if reply.hasPrefix("INSTREAM size limit exceeded") { return .tooLarge }
        guard reply.hasPrefix(prefix), reply.hasSuffix(" FOUND") else { return .failed }
        let name = String(reply.dropFirst(prefix.count).dropLast(" FOUND".count))
        if name.hasPrefix("Heuristics.Limits.Exceeded") { return .tooLarge }
        return .infected(name: name.isEmpty ? "(null)" : name, id: "0")
    }
}
