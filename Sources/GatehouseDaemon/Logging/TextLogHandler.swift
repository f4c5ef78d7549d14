// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Logging

/// swift-log's lines as text, through the writer's thread.
struct TextLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    let writer: LineWriter

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { $1 }
        let fields = merged.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        _ = writer.write(LogText.visible("\(event.level): \(event.message)\(fields)"))
    }
}
