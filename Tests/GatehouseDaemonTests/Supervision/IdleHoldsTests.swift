// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Logging
import Testing

@testable import GatehouseDaemon

@Suite struct IdleHoldsTests {
    private struct Lines: LogHandler {
        let all: Locked<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            all.withLock { $0.append(event.metadata?["reason"]?.description ?? "") }
        }
    }

    @Test func `what holds is told once, and again when it came back`() {
        let lines = Locked<[String]>([])
        let held = Locked<Set<String>>([])
        let holds = IdleHolds(
            ["a", "b"].map { name in
                IdleHolds.Hold(reason: name) { held.withLock { $0.contains(name) } }
            },
            log: Logger(label: "test") { _ in Lines(all: lines) }
        )
        let steps: [(Set<String>, Bool)] = [
            ([], false), (["b"], true), (["b"], true), (["a", "b"], true), (["b"], true), ([], false), (["b"], true),
        ]
        for (now, expected) in steps {
            held.withLock { $0 = now }
            #expect(holds.isHeld() == expected)
        }
        #expect(lines.withLock { $0 } == ["b", "a", "b", "b"])
    }
}
