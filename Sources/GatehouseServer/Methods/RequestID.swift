// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Names one request in the audit, in errors and to the upstream.
///
/// The text is only made for those that want it: most requests are answered before anybody does.
package struct RequestID: Sendable {
    private let process: String
    private let number: UInt64

    /// Names the `number`th request of a process, by eight hexadecimal digits of its own.
    package init(process: String, number: UInt64) {
        self.process = process
        self.number = number
    }

    /// For example `9f3c0a51-2b`.
    package var text: String { process + "-" + String(number, radix: 16) }
}
