// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseCommands
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

@Suite struct ScanWindowTests {
    private static func path(_ number: Int) -> FilePath { FilePath(bytes: Array("\(number)".utf8)) }

    private static func file(_ number: Int) throws -> HeldFile {
        let path = FilePath(bytes: Array("/proc/self/exe".utf8))
        return HeldFile(Self.path(number), try InputFile(in: AT_FDCWD, path, followingLinks: true))
    }

    private static let answer = ScanResult.Outcome.verdict(Judgement(FakeDaemon.verdict("clean")))

    @Test func `open files and results are bounded, and results leave in order`() throws {
        var window = ScanWindow(maximumInFlight: 3)
        let slots = try (0..<3).map { window.append(try Self.file($0)) }
        #expect(!window.hasRoom)
        for slot in slots {
            window.countAttempt(slot)
            window.sent(slot, id: 100 + slot)
        }
        #expect(window.inFlight == 3)
        _ = window.finish(101, Self.answer)
        #expect(window.hasRoom)
        let early = window.next()
        #expect(early?.path == nil)
        _ = window.finish(100, Self.answer)
        let paths = [window.next(), window.next(), window.next()].map { $0?.path }
        #expect(paths == [Self.path(0), Self.path(1), nil])
        for number in 0..<(ScanWindow.maximumEntries - 1) {
            #expect(window.hasRoom)
            window.appendFinished(Self.path(number), .skipped(.pipe))
        }
        #expect(!window.hasRoom)
    }

    @Test func `an answered file is closed, and one that waits is open`() throws {
        var window = ScanWindow(maximumInFlight: 2)
        weak var answered: HeldFile?
        weak var waiting: HeldFile?
        do {
            let files = (try Self.file(0), try Self.file(1))
            (answered, waiting) = files
            window.sent(window.append(files.0), id: 1)
            window.sent(window.append(files.1), id: 2)
        }
        let size = window.finish(1, Self.answer)
        #expect(size > 0)
        #expect(answered == nil)
        #expect(waiting != nil)
        window.finishAll(Self.answer)
        #expect(waiting == nil)
        #expect(window.inFlight == 0)
    }

    @Test func `what is not answered can be sent once more and not twice`() throws {
        var window = ScanWindow(maximumInFlight: 4)
        for number in 0..<3 {
            let slot = window.append(try Self.file(number))
            window.countAttempt(slot)
            window.sent(slot, id: number)
        }
        _ = window.finish(1, Self.answer)
        #expect(window.mayBeSentAgain)
        #expect(window.unsent.isEmpty)
        window.takeAllBack()
        #expect(window.unsent == [0, 2])
        #expect(window.inFlight == 0)
        window.countAttempt(2)
        window.sent(2, id: 9)
        #expect(window.unsent == [0])
        #expect(!window.mayBeSentAgain)
        let isTakenBack = window.takeBack(9)
        #expect(!isTakenBack)
        _ = window.finish(9, Self.answer)
        #expect(window.mayBeSentAgain)
    }

    @Test func `progress counts for its request alone and never as more than the file`() throws {
        var window = ScanWindow(maximumInFlight: 4)
        let size = try Self.file(0).size
        window.sent(window.append(try Self.file(0)), id: 1)
        #expect(window.bytesUnderWay == 0)
        window.advance(7, to: 1)
        window.advance(1, to: -3)
        #expect(window.bytesUnderWay == 0)
        window.advance(1, to: 0.5)
        #expect(window.bytesUnderWay == size / 2)
        window.advance(1, to: .infinity)
        #expect(window.bytesUnderWay <= size)
        window.advance(1, to: .nan)
        #expect((0...size).contains(window.bytesUnderWay))
        let finished = window.finish(1, Self.answer)
        #expect(finished == size)
        #expect(window.bytesUnderWay == 0)
    }
}
