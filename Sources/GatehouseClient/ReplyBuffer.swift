// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Collects received bytes and cuts them into replies.
package struct ReplyBuffer {
    /// The longest reply that is taken: four times the longest request, since the daemon may add to what it was sent.
    package static let maximumBytes = 16 * 1024 * 1024

    private var bytes: [UInt8] = []
    /// Where the next reply begins.
    private var start = 0
    /// Up to where no LF was found.
    private var searched = 0

    /// An empty one.
    package init() {}

    /// Whether a reply has begun that is not complete.
    package var holdsPartOfAReply: Bool { start < bytes.count }

    /// How many bytes wait to be taken.
    var count: Int { bytes.count - start }

    /// Adds bytes as they came.
    package mutating func append(_ chunk: UnsafeRawBufferPointer) {
        if start > 0 {
            bytes.removeFirst(start)
            searched -= start
            start = 0
        }
        bytes.append(contentsOf: chunk)
    }

    /// Takes the next complete reply; nil when more bytes are needed.
    package mutating func next() throws(ClientError) -> Reply? {
        while let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = bytes[start..<end]
            searched = end + 1
            start = end + 1
            guard line.count <= Self.maximumBytes else { throw Self.tooLong }
            // Blank lines may stand between messages.
            if line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) { return try Reply(line: line) }
        }
        searched = bytes.count
        guard bytes.count - start <= Self.maximumBytes else { throw Self.tooLong }
        return nil
    }

    private static var tooLong: ClientError {
        .protocolViolation(reason: "a reply of more than \(maximumBytes) bytes")
    }
}
