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

    @Test func `open files are bounded, and an answer leaves at once as a result`() throws {
        var window = ScanWindow(maximumInFlight: 3)
        let slots = try (0..<3).map { window.append(try Self.file($0)) }
        #expect(!window.hasRoom)
        for slot in slots {
            window.countAttempt(slot)
            window.sent(slot, id: 100 + slot)
        }
        #expect(window.inFlight == 3)
        let results = [101, 101, 100].map { window.finish($0, Self.answer)?.path }
        #expect(results == [Self.path(1), nil, Self.path(0)])
        #expect(window.hasRoom)
        #expect(window.inFlight == 1)
    }

    @Test func `an answered file is closed, and one that waits is open`() throws {
        var window = ScanWindow(maximumInFlight: 4)
        weak var answered: HeldFile?
        weak var waiting: HeldFile?
        do {
            let files = (try Self.file(0), try Self.file(1))
            (answered, waiting) = files
            window.sent(window.append(files.0), id: 1)
            window.sent(window.append(files.1), id: 2)
        }
        let size = window.finish(1, Self.answer)?.size ?? 0
        #expect(size > 0)
        #expect(answered == nil)
        #expect(waiting != nil)
        _ = window.append(try Self.file(2))
        let rest = window.finishAll(Self.answer).map(\.path)
        #expect(rest == [Self.path(1), Self.path(2)])
        #expect(waiting == nil)
        #expect(window.inFlight == 0)
        #expect(window.unsent.isEmpty)
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
        let finished = window.finish(1, Self.answer)?.size
        #expect(finished == size)
        #expect(window.bytesUnderWay == 0)
    }
}
