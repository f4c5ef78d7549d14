// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// What a boundary makes of a whole text: the first step that is not `incomplete`, and the offset after its byte.
struct BoundaryOutcome: Equatable {
    var step = JSONBoundary.Step.incomplete
    var end = 0

    init(_ step: JSONBoundary.Step, _ end: Int) {
        self.step = step
        self.end = end
    }

    /// Gives the text to a boundary in pieces of at most `size` bytes.
    init(of bytes: [UInt8], inPiecesOf size: Int, depth: Int = 64) {
        var boundary = JSONBoundary(depth: depth)
        while end < bytes.count, step == .incomplete {
            let piece = Array(bytes[end..<min(end + size, bytes.count)])
            let (step, length) = piece.withUnsafeBufferPointer { boundary.advance(over: $0, from: 0) }
            self.step = step
            end += length
        }
    }
}

/// What a splitter makes of a stream that arrives in several reads, with offsets in the whole stream.
struct SplitOutcome: Equatable {
    var ends: [Int] = []
    var failure: MessageSplitter.Failure?
    /// Where the message begins that is not finished when the stream stops.
    var unfinished: Int?
    var separatesByNUL = false
    /// The number of reads until the failure; all of them where there is none.
    var reads = 0

    /// Gives a splitter the stream, cut at the offsets.
    init(of bytes: [UInt8], cutAt cuts: [Int] = [], maximumBytes: Int = 4096, depth: Int = 64) {
        var splitter = MessageSplitter(maximumBytes: maximumBytes, depth: depth)
        var offset = 0
        for cut in cuts + [bytes.count] where failure == nil {
            let scan = Array(bytes[offset..<cut]).withUnsafeBufferPointer { splitter.scan($0) }
            ends += scan.ends.map { $0 + offset }
            failure = scan.failure
            if let start = scan.unfinished {
                if start > 0 || unfinished == nil || !scan.ends.isEmpty { unfinished = start + offset }
            } else {
                unfinished = nil
            }
            reads += 1
            offset = cut
        }
        separatesByNUL = splitter.separatesByNUL
    }

    /// Gives a splitter the stream byte by byte.
    init(ofSingleBytes bytes: [UInt8], maximumBytes: Int = 4096, depth: Int = 64) {
        self.init(of: bytes, cutAt: Array(1..<max(1, bytes.count)), maximumBytes: maximumBytes, depth: depth)
    }

    /// The outcome but for the number of reads, which is the only thing that may depend on the cuts.
    var withoutReads: SplitOutcome {
        var copy = self
        copy.reads = 0
        return copy
    }
}
