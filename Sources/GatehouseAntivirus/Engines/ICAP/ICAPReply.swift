// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The head of an ICAP answer: its status and headers (RFC 3507, section 4.3).
struct ICAPReply: Equatable, Sendable {
    /// One header; lines that continue it (RFC 5322, section 2.2.3) stand for themselves.
    struct Header: Equatable, Sendable {
        /// In lower case.
        var name: String
        /// The rest of its first line, without blanks around it.
        var value: String
        /// The lines that continue it, without blanks around them.
        var more: [String]
    }

    /// No head is longer, in bytes.
    static let limit = 32 << 10

    /// From 100 to 599.
    let status: Int
    let headers: [Header]

    /// Reads a whole head with the empty line at its end; nil for anything that is none.
    init?(_ bytes: [UInt8]) {
        guard bytes.suffix(4) == [0x0D, 0x0A, 0x0D, 0x0A], !bytes.contains(0) else { return nil }
        let text = String(decoding: bytes.dropLast(4), as: UTF8.self)
        var lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String($0) ?? "" }[...]
        // Each line but the last one still has its CR.
        lines = lines.dropLast().map { $0.last == "\r" ? String($0.dropLast()) : "\u{0}" } + lines.suffix(1)
        guard let first = lines.popFirst(), let status = Self.status(first) else { return nil }
        var headers: [Header] = []
        for line in lines {
            if line.hasPrefix(" ") || line.hasPrefix("\t") {
                guard !headers.isEmpty else { return nil }
                headers[headers.count - 1].more.append(Self.trimmed(line[...]))
            } else {
                guard let colon = line.firstIndex(of: ":"), Self.isToken(line[..<colon]) else { return nil }
                let value = Self.trimmed(line[line.index(after: colon)...])
                headers.append(Header(name: line[..<colon].lowercased(), value: value, more: []))
            }
        }
        self.status = status
        self.headers = headers
    }

    /// All headers of a name in lower case.
    func all(_ name: String) -> [Header] { headers.filter { $0.name == name } }

    private static func status(_ line: String) -> Int? {
        let bytes = Array(line.utf8)
        guard bytes.starts(with: "ICAP/1.0 ".utf8), bytes.count == 12 || (bytes.count > 12 && bytes[12] == 0x20),
            let status = Int(String(decoding: bytes[9..<12], as: UTF8.self)), (100...599).contains(status)
        else { return nil }
        return status
    }

    private static func isToken(_ name: Substring) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x5F
                    || $0 == 0x2E
            }
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}
