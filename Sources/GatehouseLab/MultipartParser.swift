// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// A streaming parser of `multipart/form-data` (RFC 7578, RFC 2046 section 5.1) that never holds a part's content.
///
/// Feed it the body in pieces of any size; it hands on what it is sure of and keeps at most a delimiter, or the header
/// lines of one part, for the next piece. Legal forms that senders rarely use are accepted: a preamble and an epilogue,
/// white space behind a boundary, folded header lines, parts without any header or content.
package struct MultipartParser: Sendable {
    /// What the parser found.
    package enum Event: Equatable, Sendable {
        /// A part starts.
        case partBegan(PartHeaders)
        /// Content of the part that started last.
        case content(ArraySlice<UInt8>)
        /// That part is complete.
        case partEnded
    }

    /// Why a body is refused.
    package enum Fault: Error, Equatable, Sendable {
        /// The boundary is missing or breaks RFC 2046.
        case badBoundary
        /// A part's header lines are malformed or longer than 16 KiB.
        case badPartHeader
        /// The body ended before its closing delimiter.
        case cut
    }

    private enum State {
        case preamble
        case boundaryLine
        case headers
        case contentStart
        case content
        case epilogue
    }

    private static let longestHeaderBlock = 16 * 1024
    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")

    private let delimiter: [UInt8]  // CR LF "--" boundary
    private var state = State.preamble
    // What the next piece must decide. The CR LF lets the first boundary stand at the very start.
    private var held: [UInt8] = [13, 10]
    private var headerLines: [[UInt8]] = []
    private var headerBytes = 0

    /// Makes a parser for a boundary as it stands in the content type.
    package init(boundary: String) throws(Fault) {
        guard (1...70).contains(boundary.utf8.count), !boundary.hasSuffix(" "),
            boundary.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
        else { throw .badBoundary }
        delimiter = Array("\r\n--\(boundary)".utf8)
    }

    /// Takes the next piece of the body, and says what it completes.
    package mutating func consume(_ piece: [UInt8]) throws(Fault) -> [Event] {
        if state == .epilogue { return [] }
        var buffer = held
        buffer.append(contentsOf: piece)
        var events: [Event] = []
        var position = 0
        while try step(buffer, &position, &events) {}
        held = state == .epilogue ? [] : Array(buffer[position...])
        return events
    }

    /// Says that the body has ended.
    package func finish() throws(Fault) {
        guard state == .epilogue else { throw .cut }
    }

    /// Moves on by one token; false where the next piece is needed.
    private mutating func step(_ buffer: [UInt8], _ position: inout Int, _ events: inout [Event]) throws(Fault) -> Bool
    {
        switch state {
        case .preamble, .content: content(buffer, &position, &events)
        case .boundaryLine: try boundaryLine(buffer, &position)
        case .headers: try headerLine(buffer, &position, &events)
        case .contentStart: contentStart(buffer, &position)
        case .epilogue: false
        }
    }

    // MARK: Content

    /// Hands content on up to the delimiter, or up to where one may have begun.
    private mutating func content(_ buffer: [UInt8], _ position: inout Int, _ events: inout [Event]) -> Bool {
        var search = position
        while let found = Self.firstReturn(in: buffer, from: search) {
            switch delimiterMatch(buffer, at: found) {
            case .no: search = found + 1
            case .undecided:
                emit(buffer[position..<found], &events)
                position = found
                return false
            case .yes:
                emit(buffer[position..<found], &events)
                position = found + delimiter.count
                endPart(&events)
                return true
            }
        }
        emit(buffer[position...], &events)
        position = buffer.count
        return false
    }

    private func emit(_ slice: ArraySlice<UInt8>, _ events: inout [Event]) {
        if state == .content, !slice.isEmpty { events.append(.content(slice)) }
    }

    private mutating func endPart(_ events: inout [Event]) {
        if state == .content { events.append(.partEnded) }
        state = .boundaryLine
    }

    /// The empty line before the content may itself be the start of the delimiter: the part is then empty.
    private mutating func contentStart(_ buffer: [UInt8], _ position: inout Int) -> Bool {
        switch delimiterMatch(buffer, at: position) {
        case .undecided: return false
        case .yes: break
        case .no: position += 2
        }
        state = .content
        return true
    }

    private enum Match { case yes, no, undecided }

    /// Whether a delimiter stands here.
    ///
    /// What follows the boundary decides: another boundary may merely begin like ours.
    private func delimiterMatch(_ buffer: [UInt8], at start: Int) -> Match {
        let available = min(delimiter.count, buffer.count - start)
        for offset in 0..<available where buffer[start + offset] != delimiter[offset] { return .no }
        let next = start + delimiter.count
        guard next < buffer.count else { return .undecided }
        switch buffer[next] {
        case Self.carriageReturn, 0x20, 0x09: return .yes
        case UInt8(ascii: "-"):
            guard next + 1 < buffer.count else { return .undecided }
            return buffer[next + 1] == UInt8(ascii: "-") ? .yes : .no
        default: return .no
        }
    }

    private static func firstReturn(in buffer: [UInt8], from start: Int) -> Int? {
        buffer.withUnsafeBytes { bytes in
            guard start < bytes.count, let base = bytes.baseAddress else { return nil }
            // memchr stays within the count, and the pointer does not outlive the closure.
            guard let found = memchr(base + start, Int32(carriageReturn), bytes.count - start) else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    // MARK: Lines

    private mutating func boundaryLine(_ buffer: [UInt8], _ position: inout Int) throws(Fault) -> Bool {
        guard position + 1 < buffer.count else { return false }
        if buffer[position] == UInt8(ascii: "-") {  // two of them: the match has made sure
            state = .epilogue
            return true
        }
        while position < buffer.count, buffer[position] == 0x20 || buffer[position] == 0x09 { position += 1 }
        guard position + 1 < buffer.count else { return false }
        guard buffer[position] == Self.carriageReturn, buffer[position + 1] == Self.lineFeed else {
            throw .badPartHeader
        }
        position += 2
        headerLines = []
        headerBytes = 0
        state = .headers
        return true
    }

    private mutating func headerLine(
        _ buffer: [UInt8],
        _ position: inout Int,
        _ events: inout [Event]
    ) throws(Fault) -> Bool {
        guard let end = Self.firstReturn(in: buffer, from: position), end + 1 < buffer.count else {
            guard headerBytes + buffer.count - position <= Self.longestHeaderBlock else { throw .badPartHeader }
            return false
        }
        guard buffer[end + 1] == Self.lineFeed else { throw .badPartHeader }
        let line = Array(buffer[position..<end])
        if line.isEmpty {  // the position stays: this line end may belong to a delimiter
            guard let headers = PartHeaders(lines: headerLines) else { throw .badPartHeader }
            events.append(.partBegan(headers))
            state = .contentStart
            return true
        }
        headerBytes += line.count
        guard headerBytes <= Self.longestHeaderBlock else { throw .badPartHeader }
        if let first = line.first, first == 0x20 || first == 0x09, !headerLines.isEmpty {
            headerLines[headerLines.count - 1] += line
        } else {
            headerLines.append(line)
        }
        position = end + 2
        return true
    }
}
