// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Builds a record that holds secrets, in memory that is overwritten when it is outgrown or let go of.
///
/// Numbers stand in big-endian order, whatever has no fixed length behind its length in four bytes. ``SecretReader``
/// reads it again.
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

    private mutating func addCounted(_ content: UnsafeRawBufferPointer) {
        add(UInt32(clamping: content.count))
        append(content)
    }

    private mutating func append(_ content: UnsafeRawBufferPointer) {
        if content.count > bytes.count - count { grow(by: content.count) }
        UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyMemory(from: content)
        count += content.count
    }

    private mutating func grow(by more: Int) {
        let larger = SecretMemory.allocate(2 * bytes.count + more)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        SecretMemory.free(bytes)
        bytes = larger
    }
}
