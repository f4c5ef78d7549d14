// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Bytes that must never be seen: a client secret, a token, a password.
///
/// Whatever prints or interpolates it gets `<secret>`; the bytes come out only through ``withBytes(_:)`` and
/// ``exposed()``, so that a search for those two names finds every place that handles them. The memory is ``SecretMemory``,
/// and overwritten when the last reference goes. Comparing two secrets takes the same time wherever they differ.
// Unchecked because of the pointer: the bytes are written once, in `init`, before anyone else has a reference, and
// wiped in `deinit`, when nobody has one any more.
package final class Secret: @unchecked Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    private let bytes: UnsafeMutableRawBufferPointer

    /// Copies the bytes.
    ///
    /// The caller wipes its own copy where it can.
    package init(_ source: some Collection<UInt8>) {
        bytes = SecretMemory.allocate(source.count)
        bytes.copyBytes(from: source)
        count = source.count
    }

    /// Takes bytes that `fill` makes in place; nil where it says that it could not.
    package init?(count: Int, filling fill: (UnsafeMutableRawBufferPointer) -> Bool) {
        bytes = SecretMemory.allocate(count)
        self.count = count
        guard fill(UnsafeMutableRawBufferPointer(rebasing: bytes.prefix(count))) else { return nil }
    }

    /// Copies the text's UTF-8 bytes.
    package convenience init(_ text: String) {
        self.init(Array(text.utf8))
    }

    deinit {
        SecretMemory.free(bytes)
    }

    /// Its length in bytes, which is not secret.
    package let count: Int

    /// Lends the bytes for the time of one call.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: bytes.prefix(count)))
    }

    /// A copy of the text, for interfaces that take nothing else (an HTTP header of libcurl).
    ///
    /// Let go of it at once.
    package func exposed() -> String {
        withBytes { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether both hold the same bytes, found in a time that depends on their lengths alone.
    package func isEqual(to other: Secret) -> Bool {
        guard count == other.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<count { difference |= bytes[index] ^ other.bytes[index] }
        return difference == 0
    }

    /// Always `<secret>`.
    package var description: String { "<secret>" }

    /// Always `<secret>`.
    package var debugDescription: String { "<secret>" }

    /// Shows nothing to `dump` and to the debugger's printing.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
