// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A JSON value that has been written already: compact, in UTF-8, without a line break.
package struct JSONText: Equatable, Sendable {
    /// The bytes.
    package let bytes: [UInt8]

    /// Writes a value.
    package init(_ value: JSONValue) {
        var bytes: [UInt8] = []
        value.write(to: &bytes)
        self.bytes = bytes
    }
}
