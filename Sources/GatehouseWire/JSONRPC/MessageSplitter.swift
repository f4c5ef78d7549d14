// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Cuts a stream of bytes into messages: each is a JSON object or array and ends where its value ends.
///
/// Between messages stand line feeds, blanks, NULs or nothing (contract section 3). It looks at the bytes and keeps
/// none of them: the caller joins the pieces by the offsets that it is told.
package struct MessageSplitter {
    /// Why no further message can be found in this stream.
    package enum Failure: Equatable, Sendable {
        /// Bytes that no message begins with, or that cannot stand in one.
        case malformed
        /// A string, number or word where only an object or an array may stand.
        case notAMessage
        /// A message of more bytes than allowed.
        case tooLarge
        /// A message that is nested more deeply than allowed.
        case tooDeep
        /// The beginning of an HTTP request or of a TLS handshake.
        case anotherProtocol
    }

    /// What one read held.
    package struct Scan: Equatable, Sendable {
        /// The offsets after the last byte of each message that ended in this read, ascending.
        package var ends: [Int] = []
        /// Where the message begins that has not ended yet; nil where there is none.
        ///
        /// It is 0 where that message began in an earlier read.
        package var unfinished: Int?
        /// Why the stream is of no more use after the messages in `ends`.
        package var failure: Failure?
        /// Whether the last byte that is no separator belongs to the unfinished message and not to the last ended one.
        package var lastByteIsUnfinished: Bool { unfinished != nil }
        /// Whether there was any byte but separators.
        package var hadContent = false
    }

    private let maximumBytes: Int
    private let depth: Int
    private var boundary: JSONBoundary?
    private var lengthBefore = 0
    private var isFirst = true

    /// Whether a NUL has stood between two messages, after which replies end in NUL.
    package private(set) var separatesByNUL = false

    /// Starts at the beginning of a stream with the limits for one message.
    package init(maximumBytes: Int, depth: Int) {
        self.maximumBytes = maximumBytes
        self.depth = depth
    }

    /// Whether a message has begun and not ended.
    package var isInsideMessage: Bool { boundary != nil }

    /// Takes the next bytes of the stream.
    ///
    /// After a failure nothing more may be given.
    package mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>) -> Scan {
        var scan = Scan()
        var index = 0
        var start = 0
        while index < bytes.count, scan.failure == nil {
            if boundary == nil {
                guard let first = skipSeparators(bytes, from: index) else { break }
                index = first
                start = first
                scan.hadContent = true
                scan.failure = begin(with: bytes, at: first)
            } else {
                scan.hadContent = true
                proceed(over: bytes, from: &index, start: &start, into: &scan)
            }
        }
        if boundary != nil, scan.failure == nil {
            lengthBefore += bytes.count - start
            scan.unfinished = start
        }
        return scan
    }

    private mutating func proceed(
        over bytes: UnsafeBufferPointer<UInt8>,
        from index: inout Int,
        start: inout Int,
        into scan: inout Scan
    ) {
        guard let (step, end) = boundary?.advance(over: bytes, from: index) else { return }
        index = end
        guard lengthBefore + (end - start) <= maximumBytes else {
            scan.failure = .tooLarge
            return
        }
        switch step {
        case .incomplete: break
        case .misplaced: scan.failure = .malformed
        case .tooDeep: scan.failure = .tooDeep
        case .complete:
            scan.ends.append(end)
            boundary = nil
            lengthBefore = 0
            start = end
            isFirst = false
        }
    }

    /// Whether a byte may stand between messages.
    package static func isSeparator(_ byte: UInt8) -> Bool {
        switch byte {
        case 0, 0x0A, 0x0D, 0x20, 0x09: true
        default: false
        }
    }

    private mutating func skipSeparators(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int? {
        var index = start
        while index < bytes.count {
            guard Self.isSeparator(bytes[index]) else { return index }
            if bytes[index] == 0 { separatesByNUL = true }
            index += 1
        }
        return nil
    }

    private mutating func begin(with bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> Failure? {
        switch bytes[index] {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            boundary = JSONBoundary(depth: depth)
            return nil
        case _ where isFirst && Self.isAnotherProtocol(UnsafeBufferPointer(rebasing: bytes[index...])):
            return .anotherProtocol
        case UInt8(ascii: "\""), UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "-"),
            0x30...0x39:
            return .notAMessage
        default:
            return .malformed
        }
    }

    /// Recognises the first bytes of HTTP (RFC 9110 section 9.3) and of a TLS record with a handshake (RFC 8446, 5.1).
    private static func isAnotherProtocol(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if bytes[0] == 0x16, bytes.count < 2 || bytes[1] == 3 { return true }
        let methods: [StaticString] = [
            "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "CONNECT ", "OPTIONS ", "TRACE ", "PATCH ", "PRI * HTTP",
        ]
        return methods.contains { method in
            let word = UnsafeBufferPointer(start: method.utf8Start, count: method.utf8CodeUnitCount)
            return zip(word, bytes).allSatisfy(==)
        }
    }
}
