// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Reads what ``SecretWriter`` wrote; input of any other kind ends in a ``Fault``, never in a trap.
package struct SecretReader {
    /// The record is cut short, or says something impossible.
    package struct Fault: Error, Equatable {
        /// Makes one, for a value that its reader finds impossible.
        package init() {}
    }

    private var rest: UnsafeRawBufferPointer
    /// How much later this clock shows what the writer's clock showed, in nanoseconds.
    package var shift: Int64 = 0

    /// Reads from bytes that stay where they are as long as the reader lives.
    package init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes
    }

    /// Whether everything was read.
    package var isAtEnd: Bool { rest.isEmpty }

    /// The next number.
    package mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws(Fault) -> Number {
        let bytes = try take(MemoryLayout<Number>.size)
        return Number(bigEndian: bytes.loadUnaligned(as: Number.self))
    }

    /// The next yes or no.
    package mutating func flag() throws(Fault) -> Bool {
        switch try number(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw Fault()
        }
    }

    /// The next bytes.
    package mutating func bytes() throws(Fault) -> [UInt8] { Array(try counted()) }

    /// The next text.
    package mutating func text() throws(Fault) -> String {
        guard let text = String(validating: try counted(), as: UTF8.self) else { throw Fault() }
        return text
    }

    /// The next secret.
    package mutating func secret() throws(Fault) -> Secret { Secret(try counted()) }

    /// The next point in time, by this clock.
    package mutating func instant() throws(Fault) -> Instant {
        Instant(nanoseconds: try number(Int64.self)) + .nanoseconds(shift)
    }

    /// The next length of time.
    package mutating func duration() throws(Fault) -> Duration { .nanoseconds(try number(Int64.self)) }

    /// The next value, where there is one.
    package mutating func optional<Value>(
        _ read: (inout SecretReader) throws(Fault) -> Value
    ) throws(Fault) -> Value? {
        try flag() ? try read(&self) : nil
    }

    /// The next values.
    package mutating func array<Value>(
        _ read: (inout SecretReader) throws(Fault) -> Value
    ) throws(Fault) -> [Value] {
        let count = try number(UInt32.self)
        // Each value has a byte at least, so no count makes this reserve or loop for what is not there.
        guard count <= rest.count else { throw Fault() }
        var values: [Value] = []
        for _ in 0..<count { values.append(try read(&self)) }
        return values
    }

    private mutating func counted() throws(Fault) -> UnsafeRawBufferPointer {
        let count = try number(UInt32.self)
        guard count <= rest.count else { throw Fault() }
        return try take(Int(count))
    }

    private mutating func take(_ count: Int) throws(Fault) -> UnsafeRawBufferPointer {
        guard count <= rest.count else { throw Fault() }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[(rest.startIndex + count)...]) }
        return UnsafeRawBufferPointer(rebasing: rest[..<(rest.startIndex + count)])
    }
}
