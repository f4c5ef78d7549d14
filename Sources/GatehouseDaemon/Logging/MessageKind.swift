// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Logging

/// The kinds of record that something may wait for, by their identifier in the journal (MESSAGE_ID of
/// systemd.journal-fields(7)).
///
/// An identifier never changes its meaning; `docs/logging.md` lists them all.
enum MessageKind: String, CaseIterable {
    /// A call that reaches an upstream is about to be made.
    case callBegins = "800e9eabb1124e618991539330b7566a"
    /// A call has ended.
    case callEnds = "06a39ae337a34c628b2247cced2c57fd"
    /// A socket is served from now on.
    case listening = "89f1ca3d7c0a44b6b68d711027942ae6"
    /// The daemon was told to end, and answers what it had accepted.
    case stopping = "d2eedab80abd4288837cffce08ee62a3"
    /// The daemon ends because it cannot do anything.
    case cannotStart = "a4d9a826d1f5417b9de5b6f4671cd83e"
    /// A line of the configuration is wrong; every call is answered with the kind `configuration`.
    case faultyConfiguration = "303b744fe8d94902877962d97688c576"
    /// A profile or a server lacks a usable credential; the others work.
    case unusableUpstream = "2345a5581db8441684eda9c373606d73"
    /// Records were lost because the log was not read fast enough.
    case recordsLost = "fc8d179ed5ff4d3bb3a048db7428a70f"

    /// Under what swift-log's metadata carries a message's kind to ``QueueingLogHandler``.
    static let metadataKey = "message-kind"
}

extension Logger {
    /// Logs a message of a kind that has an identifier.
    func log(_ kind: MessageKind, _ level: Level, _ message: Message, _ metadata: Metadata = [:]) {
        var metadata = metadata
        metadata[MessageKind.metadataKey] = .string(kind.rawValue)
        log(level: level, message, metadata: metadata)
    }
}
