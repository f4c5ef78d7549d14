// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseCommands
import GatehouseWire
import Testing

@Suite struct ScanSummaryTests {
    private static func infected(_ name: String, size: Int64 = 0) -> ScanResult {
        let object = FakeDaemon.verdict("infected", threats: [name])
        return ScanResult(path: FilePath(bytes: [0x66]), size: size, outcome: .verdict(Judgement(object)))
    }

    @Test func `threats are counted by name, the most frequent first`() {
        var summary = ScanSummary()
        for name in ["b", "c", "a", "c", "\u{1B}"] { summary.count(Self.infected(name, size: 512)) }
        summary.count(ScanResult(path: FilePath(bytes: []), outcome: .skipped(.device)))
        #expect(
            summary.text(elapsed: .milliseconds(1250)) == """
                ----------- SCAN SUMMARY -----------
                Files: 5
                Infected: 5
                Not scanned: 0
                Skipped: 1
                Bytes: 2560
                Seconds: 1.250
                Rate: 2.0 KiB/s, 4 files/s
                Threat: 2 c
                Threat: 1 \\x1b
                Threat: 1 a
                Threat: 1 b
                """
        )
    }

    @Test func `any number of names takes bounded memory, and all are counted`() {
        var summary = ScanSummary()
        for number in 0..<1500 { summary.count(Self.infected("t\(number)")) }
        summary.count(Self.infected("t7"))
        #expect(summary.threats.count == ScanSummary.maximumThreats)
        let lines = summary.text(elapsed: .zero).split(separator: "\n").filter { $0.hasPrefix("Threat: ") }
        #expect(lines.count == ScanSummary.shownThreats + 1)
        #expect(lines.first == "Threat: 2 t7")
        #expect(lines.last == "Threat: \(1501 - 2 - (ScanSummary.shownThreats - 1)) of other names")
        #expect(summary.text(elapsed: .zero).contains("Rate: -\n"))
    }
}
