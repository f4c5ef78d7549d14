// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseServer
import Logging

/// What waits for the log's thread: it is put into words there, not on the loop.
enum LogRecord: Sendable {
    /// The daemon's own message.
    case message(Logger.Level, String, Logger.Metadata)
    /// A call that reaches an upstream and is about to be made.
    case callBegins(AuditRecord)
    /// A call that has ended, that long after its request had arrived.
    case callEnds(AuditRecord, after: Duration)
    /// So many records found no room, or nobody took them.
    case lost(Int)
    /// The journal does not take records; they go to standard error as text.
    case journalFails(String)
}
