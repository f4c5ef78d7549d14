// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Builds a record or a text that holds secrets, in memory that is overwritten when it is outgrown or let go of.
///
/// What is added is a record: numbers stand in big-endian order, whatever has no fixed length behind its length in four
/// bytes, and ``SecretReader`` reads it again. What is appended stands there as it is, and makes a text.
package struct SecretWriter: ~Copyable {
    private var bytes: UnsafeMutableRawBufferPointer
    private var count = 0

    /// Starts an empty record.
    package init() {
        bytes = SecretMemory.allocate(4096)
    }

    deinit {
        SecretMemory.free(bytes)
    }

    /// Lends what was written.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }

    /// Appends a number with all its bytes.
    package mutating func add(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { append($0) }
    }

    /// Appends a yes or no.
    package mutating func add(_ flag: Bool) {
        add(UInt8(flag ? 1 : 0))
    }

    /// Appends a text.
    package mutating func add(_ text: String) {
        add(Array(text.utf8))
    }

    /// Appends bytes.
    package mutating func add(_ content: [UInt8]) {
        content.withUnsafeBytes { addCounted($0) }
    }

    /// Appends a secret.
    package mutating func add(_ secret: Secret) {
        secret.withBytes { addCounted($0) }
    }

    /// Appends a point in time.
    package mutating func add(_ instant: Instant) {
        add(instant.nanoseconds)
    }

    /// Appends a length of time, in nanoseconds.
    package mutating func add(_ duration: Duration) {
        add(duration.clampedNanoseconds)
    }

    /// Appends whether there is a value, and the value.
    package mutating func add<Value>(_ value: Value?, _ write: (inout SecretWriter, Value) -> Void) {
        add(value != nil)
        if let value { write(&self, value) }
    }

    /// Appends how many values there are, and the values.
    package mutating func add<Value>(_ values: [Value], _ write: (inout SecretWriter, Value) -> Void) {
        add(UInt32(clamping: values.count))
        for value in values { write(&self, value) }
    }

    // MARK: Text

    /// What was written, as a secret of its own.
    package var secret: Secret { withBytes { Secret($0) } }

    /// Appends a text's UTF-8 bytes as they are.
    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends a secret as it is.
    package mutating func append(_ secret: Secret) {
        secret.withBytes { append($0) }
    }

    /// Appends one byte.
    package mutating func append(_ byte: UInt8) {
        append(count: 1) { $0[0] = byte }
    }

    /// Appends that many bytes, which `fill` makes in place.
    package mutating func append(count more: Int, filling fill: (UnsafeMutableRawBufferPointer) -> Void) {
        if more > bytes.count - count { grow(by: more) }
        fill(UnsafeMutableRawBufferPointer(rebasing: bytes[count..<(count + more)]))
        count += more
    }

    // MARK: Memory

    private mutating func addCounted(_ content: UnsafeRawBufferPointer) {
        add(UInt32(clamping: content.count))
        append(content)
    }

    private mutating func append(_ content: UnsafeRawBufferPointer) {
        append(count: content.count) { $0.copyMemory(from: content) }
    }

    private mutating func grow(by more: Int) {
        let larger = SecretMemory.allocate(2 * bytes.count + more)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        SecretMemory.free(bytes)
        bytes = larger
    }
}
