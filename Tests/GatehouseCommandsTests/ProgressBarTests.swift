// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseCommands
import GatehousePlatform
import Testing

@Suite struct ProgressBarTests {
    private static let start = Instant(nanoseconds: 7_000_000_000)

    private static func after(_ milliseconds: Int) -> Instant { start + .milliseconds(milliseconds) }

    private static func progress(files: (Int, Int), bytes: (Int64, Int64), isComplete: Bool) -> ScanProgress {
        var progress = ScanProgress()
        (progress.filesDone, progress.filesFound) = files
        (progress.bytesDone, progress.bytesFound) = bytes
        progress.isComplete = isComplete
        return progress
    }

    @Test func `what takes less than half a second has no bar, and a bar moves ten times a second at most`() {
        var bar = ProgressBar(start: Self.start)
        #expect(!bar.isDue(at: Self.after(0)))
        #expect(!bar.isDue(at: Self.after(499)))
        #expect(bar.isDue(at: Self.after(500)))
        _ = bar.line(ScanProgress(), at: Self.after(520), columns: 80)
        #expect(!bar.isDue(at: Self.after(619)))
        #expect(bar.isDue(at: Self.after(620)))
    }

    @Test(
        arguments: [
            ((3, 11), (5120, 9999), false, 80, "3/11 files  5.0 KiB  2.5 KiB/s"),
            ((0, 1), (512, 1024), true, 60, "[############             ]  50%  0/1 files  512 B  256 B/s"),
            ((0, 1), (512, 1024), true, 200, "[###############               ]  50%  0/1 files  512 B  256 B/s"),
            ((0, 1), (512, 1024), true, 36, " 50%  0/1 files  512 B  256 B/s"),
            ((0, 1), (512, 1024), true, 10, " 50%  0/1"), ((0, 1), (512, 1024), true, 1, ""),
            ((0, 1), (512, 1024), true, 0, ""), ((0, 1), (512, 1024), true, -5, ""),
            ((1, 1), (1024, 1024), true, 60, "[#######################] 100%  1/1 files  1.0 KiB  512 B/s"),
            // Nothing to be a part of, and files that are larger than they were.
            ((1, 2), (0, 0), true, 60, "1/2 files  0 B  0 B/s"),
            ((1, 2), (2048, 1024), true, 60, "[#####################] 100%  1/2 files  2.0 KiB  1.0 KiB/s"),
            ((1, 2), (-1, 1024), true, 60, "1/2 files  0 B  0 B/s"),
            ((1, 2), (.max, .max), false, 60, "1/2 files  7.9 EiB  4.0 EiB/s"),
        ] as [((Int, Int), (Int64, Int64), Bool, Int, String)]
    )
    func `the line says what is done and fits the terminal`(
        _ files: (Int, Int),
        _ bytes: (Int64, Int64),
        _ isComplete: Bool,
        _ columns: Int,
        _ line: String
    ) {
        var bar = ProgressBar(start: Self.start)
        let progress = Self.progress(files: files, bytes: bytes, isComplete: isComplete)
        #expect(bar.line(progress, at: Self.after(2000), columns: columns) == line)
    }

    @Test func `a clock that stands still has no rate`() {
        var bar = ProgressBar(start: Self.start)
        let progress = Self.progress(files: (1, 2), bytes: (5, 9), isComplete: false)
        #expect(bar.line(progress, at: Self.start, columns: 80) == "1/2 files  5 B")
    }

    @Test(
        arguments: [
            (0, "0 B"), (-1, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1535, "1.4 KiB"), (1536, "1.5 KiB"),
            (1_048_575, "1023.9 KiB"), (1_048_576, "1.0 MiB"), (1 << 40, "1.0 TiB"), (.max, "7.9 EiB"),
        ] as [(Int64, String)]
    )
    func `bytes are told in their unit and never as more than they are`(_ bytes: Int64, _ text: String) {
        #expect(ByteText.of(bytes) == text)
    }
}
