// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// What has come of a reply, up to its end or its bound.
struct EngineInput {
    private let replyEnd: EngineRequest.ReplyEnd
    private let limit: Int
    private(set) var bytes: [UInt8] = []
    /// What came behind a complete reply.
    private var surplus: [UInt8] = []
    /// Whether something came behind a complete reply.
    var hasSurplus: Bool { !surplus.isEmpty }
    /// Nil while there may be more.
    private(set) var ending: EngineReply.Ending?

    init(_ request: EngineRequest) {
        replyEnd = request.replyEnd
        limit = request.replyLimit
    }

    /// Takes what a non-blocking socket has.
    mutating func receive(from socket: Int32) {
        while ending == nil {
            switch Self.piece(from: socket) {
            case .success(let piece) where piece.isEmpty: close()
            case .success(let piece): append(piece)
            case .failure(let error):
                if error.code != SystemError.wouldBlock { ending = .cut }
                return
            }
        }
    }

    private static func piece(from socket: Int32) -> Result<[UInt8], SystemError> {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            Result { () throws(SystemError) in
                let count = try StreamSocket.receive(socket, into: buffer)
                return Array(buffer[..<count])
            }
        }
    }

    /// Takes more bytes.
    mutating func append(_ more: [UInt8]) {
        guard ending == nil else { return }
        let start = max(0, bytes.count - 3)
        bytes += more
        if replyEnd == .emptyLine, let length = Self.emptyLine(bytes[start...]) {
            // A body that nobody needs, or the next reply.
            surplus = Array(bytes[length...])
            bytes.removeSubrange(length...)
            ending = .complete
        } else if bytes.count > limit {
            bytes.removeSubrange(limit...)
            ending = .tooLong
        }
    }

    /// Looks for another reply behind the one that is complete.
    mutating func next() {
        let more = surplus
        (bytes, surplus, ending) = ([], [], nil)
        if !more.isEmpty { append(more) }
    }

    /// The engine closed the connection.
    mutating func close() {
        guard ending == nil else { return }
        ending = replyEnd == .closed ? .complete : .cut
    }

    /// The index after the first empty line, lines ending in CR LF.
    private static func emptyLine(_ bytes: ArraySlice<UInt8>) -> Int? {
        let mark: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        guard bytes.count >= mark.count else { return nil }
        for index in bytes.startIndex...(bytes.endIndex - mark.count)
        where bytes[index] == mark[0] && bytes[index..<index + mark.count].elementsEqual(mark) {
            return index + mark.count
        }
        return nil
    }
}
