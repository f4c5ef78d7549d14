// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Logging

/// swift-log's messages, by the log's queue.
struct QueueingLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    let queue: LogQueue

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { $1 }
        _ = queue.write(.message(event.level, "\(event.message)", merged))
    }
}
