// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Where the log's thread puts its records; it may block for as long as it likes.
protocol LogOutput: Sendable {
    /// Writes records in order. Returns how many of them were lost.
    mutating func write(_ records: [LogRecord]) -> Int
}
