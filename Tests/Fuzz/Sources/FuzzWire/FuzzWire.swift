// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire

/// Called by libFuzzer for each input; a broken promise traps.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzWire(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    checkRoundTrip(bytes)
    checkBoundary(bytes)
    checkSplitter(bytes)
    return 0
}

/// Stops the program where a promise is broken; unlike a precondition it says which one in a release build too.
private func promise(_ isKept: Bool, _ promise: StaticString) {
    guard isKept else { fatalError("broken promise: \(promise)") }
}

/// What was read is written and read again without a difference, and its integers fit their tokens.
private func checkRoundTrip(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let value = try? JSONValue(parsing: bytes) else { return }
    var output: [UInt8] = []
    value.write(to: &output)
    promise((try? JSONValue(parsing: output)) == value, "compact text")
    promise((try? JSONValue(parsing: value.prettyText)) == value, "pretty text")
    promise(!output.contains { $0 < 0x20 || $0 == 0x7F }, "a control character")
    if let number = value.number, let integer = number.integer {
        promise(number.double == Double(integer), "integer")
    }
}

/// The boundary ends where the reader does, or fails at the same byte, or goes on where only the reader finds a fault.
private func checkBoundary(_ bytes: UnsafeBufferPointer<UInt8>) {
    let blanks = Array(" \n\r\t".utf8)
    guard let first = bytes.first(where: { !blanks.contains($0) }), Array("{[".utf8).contains(first) else { return }
    var boundary = JSONBoundary(depth: 16)
    let (step, end) = boundary.advance(over: bytes, from: 0)
    var reader = JSONReader(bytes, depth: 16)
    do throws(JSONError) {
        _ = try reader.readValue()
        promise(step == .complete && end == reader.position, "a complete value")
        return
    } catch {
        switch step {
        case .misplaced where error.offset == end - 1: promise(error.code != .tooDeep, "the depth")
        case .tooDeep where error.offset == end - 1: promise(error.code == .tooDeep, "the depth")
        case .incomplete where error.code == .unexpectedEnd: break
        default: promise(error.offset < end && isOnlyForTheReader(error, in: bytes), "a fault at the same byte")
        }
    }
}

private func isOnlyForTheReader(_ error: JSONError, in bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    switch error.code {
    case .invalidUTF8, .invalidNumber, .duplicateMember: true
    case .unexpectedCharacter: Array("+-.eE0123456789".utf8).contains(bytes[error.offset])
    case .invalidEscape: bytes[error.offset] == UInt8(ascii: "u")
    default: false
    }
}

/// Reads of any size give the same messages, each of which is a message or malformed.
private func checkSplitter(_ bytes: UnsafeBufferPointer<UInt8>) {
    var whole = MessageSplitter(maximumBytes: 200, depth: 16)
    let scan = whole.scan(bytes)
    var start = 0
    for end in scan.ends {
        promise(end > start, "ends ascend")
        _ = try? IncomingMessage(reading: UnsafeBufferPointer(rebasing: bytes[start..<end]), depth: 16)
        start = end
    }
    var pieces = MessageSplitter(maximumBytes: 200, depth: 16)
    var ends: [Int] = []
    var failure: MessageSplitter.Failure?
    for (index, byte) in bytes.enumerated() where failure == nil {
        withUnsafePointer(to: byte) { byte in
            let scan = pieces.scan(UnsafeBufferPointer(start: byte, count: 1))
            ends += scan.ends.map { $0 + index }
            failure = scan.failure
        }
    }
    promise(ends == scan.ends, "the messages depend on the reads")
    // A single upper-case letter is taken for the beginning of a method of HTTP.
    promise(failure == scan.failure || failure == .anotherProtocol, "the failure depends on the reads")
    promise(whole.isInsideMessage == (scan.unfinished != nil) || scan.failure != nil, "an unfinished message")
}
