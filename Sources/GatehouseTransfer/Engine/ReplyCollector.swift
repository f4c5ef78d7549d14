// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A reply as it comes in, within its bounds; used by the engine's thread alone.
struct ReplyCollector {
    private let limits: TransferLimits
    private let maximumBytes: Int
    private var headerBytes = 0
    /// Whether a header has begun, and the empty line that ends it has not come.
    private(set) var isHeaderOpen = false

    private(set) var headers: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    /// Whether any byte has come.
    private(set) var hasBegun = false

    init(limits: TransferLimits, maximumBytes: Int) {
        self.limits = limits
        self.maximumBytes = maximumBytes
    }

    /// Whether the header says where the body ends; an empty body without a word on it has its end.
    var isDelimited: Bool {
        body.isEmpty || saysItsEnd
    }

    /// Whether a field says it.
    var saysItsEnd: Bool {
        headers.contains { $0.name == "content-length" || $0.name == "transfer-encoding" }
    }

    /// Takes a header line; false when there are too many or they are too long.
    mutating func takeHeader(_ line: some Collection<UInt8>) -> Bool {
        hasBegun = true
        // Interim replies count too, so that their number is bounded.
        headerBytes += line.count
        guard headerBytes <= limits.headerBytes else { return false }
        if line.starts(with: "HTTP/".utf8), !isHeaderOpen {
            headers = []
            isHeaderOpen = true
            return true
        }
        // What comes after the empty line is a trailer, which nobody asked for.
        guard isHeaderOpen else { return true }
        let text = Self.trimmed(line)
        guard !text.isEmpty else {
            isHeaderOpen = false
            return true
        }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return true }
        guard headers.count < limits.headerFields else { return false }
        headers.append(
            (
                String(decoding: text[..<colon], as: UTF8.self).lowercased(),
                String(decoding: Self.trimmed(text[text.index(after: colon)...]), as: UTF8.self)
            )
        )
        return true
    }

    /// Takes a piece of the body; false when it is too long altogether.
    mutating func takeBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        hasBegun = true
        guard bytes.count <= maximumBytes - body.count else { return false }
        body.append(contentsOf: bytes)
        return true
    }

    /// Where the body stands in the file that was asked for from `position` on.
    func contentPlace(status: Int, position: Int64) -> ContentPlace {
        let coding = headers.first { $0.name == "content-encoding" }?.value ?? ""
        guard coding.isEmpty || coding.lowercased() == "identity" else { return .refused(.encoded) }
        let ranges = headers.filter { $0.name == "content-range" }.map(\.value)
        guard Set(ranges).count <= 1 else { return .refused(.unreadableRange) }
        return ContentPlace(status: status, range: ranges.first, position: position)
    }

    /// The size of the whole that the body is, or is a part of, where a field says it (RFC 9110 sections 8.6 and 14.4).
    func wholeSize(status: Int) -> Int64? {
        if let range = headers.first(where: { $0.name == "content-range" })?.value { return ContentRange(range)?.total }
        guard status == 200, let length = headers.first(where: { $0.name == "content-length" })?.value else {
            return nil
        }
        return ContentRange.number(Substring(length).utf8)
    }

    private static func trimmed<Line: Collection<UInt8>>(_ line: Line) -> Line.SubSequence {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A }
        var rest = line.drop(while: isBlank)
        var end = rest.endIndex
        var last = rest.startIndex
        var index = rest.startIndex
        while index != end {
            let next = rest.index(after: index)
            if !isBlank(rest[index]) { last = next }
            index = next
        }
        end = last
        rest = rest[..<end]
        return rest
    }
}
