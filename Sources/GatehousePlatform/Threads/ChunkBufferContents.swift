// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What a ``ChunkBuffer`` holds and when it is full; without locks and wakers.
package struct ChunkBufferContents: Sendable {
    /// What stands at a place.
    package enum Part: Sendable, Equatable {
        /// These bytes, at least one.
        case bytes(ArraySlice<UInt8>)
        /// Nothing yet.
        case nothing
        /// Nothing any more: all bytes were taken.
        case end
        /// Bytes that were there and are gone.
        case gone
    }

    private struct Piece {
        let start: Int64
        var bytes: [UInt8]

        var end: Int64 { start + Int64(bytes.count) }
    }

    /// A piece that is shorter takes the next bytes too, so that tiny ones do not each cost an allocation.
    private static let pieceBytes = 64 << 10

    private let capacity: Int64
    private let kept: Int64
    private var pieces: [Piece] = []
    private var taken: Int64 = 0
    /// How many bytes have come.
    package private(set) var received: Int64 = 0
    /// Whether all bytes have come.
    package private(set) var isComplete = false
    /// Whether nothing should be added before there is room again.
    package private(set) var isFull = false

    /// Nothing yet; both bounds are in bytes.
    package init(capacity: Int, kept: Int) {
        self.capacity = Int64(capacity)
        self.kept = Int64(kept)
    }

    /// Adds bytes; nothing once it is complete.
    package mutating func append(_ bytes: [UInt8]) {
        guard !isComplete, !bytes.isEmpty else { return }
        if let last = pieces.indices.last, pieces[last].bytes.count < Self.pieceBytes {
            pieces[last].bytes += bytes
        } else {
            pieces.append(Piece(start: received, bytes: bytes))
        }
        received += Int64(bytes.count)
        if received - taken >= capacity { isFull = true }
    }

    /// Says that all bytes have come.
    package mutating func complete() {
        isComplete = true
        isFull = false
    }

    /// Whether the first byte is still here.
    package var holdsAll: Bool { (pieces.first?.start ?? received) == 0 }

    /// What follows after that many bytes.
    package func part(at position: Int64) -> Part {
        guard position < received else { return isComplete ? .end : .nothing }
        guard let piece = pieces.first(where: { position < $0.end }), position >= piece.start else { return .gone }
        return .bytes(piece.bytes[Int(position - piece.start)...])
    }

    /// Notes that all bytes before `position` were taken; true where a full buffer has room again.
    ///
    /// It has only when half of it is free, so that not every piece makes its sender start and stop.
    package mutating func take(upTo position: Int64) -> Bool {
        taken = position
        if taken > kept {
            let first = pieces.firstIndex { $0.end > taken } ?? pieces.count
            pieces.removeFirst(first)
        }
        if received - taken >= capacity, !isComplete { isFull = true }
        guard isFull, received - taken <= capacity / 2 else { return false }
        isFull = false
        return true
    }
}
