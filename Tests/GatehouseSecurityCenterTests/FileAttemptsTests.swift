// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseTransfer
import Testing

@testable import GatehouseSecurityCenter

/// When a download is whole.
@Suite struct FileAttemptsTests {
    private func exchange(_ status: Int, _ range: String? = nil, isWhole: Bool = true) -> FileExchange {
        FileExchange(
            result: .success(ServerReply(status: status, isWhole: isWhole, contentRange: range)),
            reader: ReplyReader(server: "main")
        )
    }

    private var cut: FileExchange {
        FileExchange(
            result: .failure(TransferError(.cutReply, "cut", requestMayHaveLeft: true)),
            reader: ReplyReader(server: "main")
        )
    }

    private func failure(_ step: FileAttempts.Step) -> SecurityCenterError.Code? {
        guard case .failed(let error) = step else { return nil }
        return error.code
    }

    @Test(
        arguments: [
            (200, nil, 5), (200, nil, 0), (206, "bytes 0-4/5", 5), (200, "bytes 0-4/5", 5), (416, "bytes */0", 0),
        ] as [(Int, String?, Int64)]
    )
    func `what came whole with one answer is done`(status: Int, range: String?, count: Int64) {
        var attempts = FileAttempts()
        #expect(attempts.next(after: exchange(status, range), from: 0, count: count) == .done)
    }

    @Test func `a part that is all there is whole, even where only the connection's end ends it`() {
        var attempts = FileAttempts()
        #expect(attempts.next(after: exchange(206, "bytes 0-4/5", isWhole: false), from: 0, count: 5) == .done)
        attempts = FileAttempts()
        let short = attempts.next(after: exchange(206, "bytes 0-4/5", isWhole: false), from: 0, count: 4)
        #expect(failure(short) == .unintelligible)
    }

    @Test func `a range as large as numbers go is only a part of what comes`() {
        var attempts = FileAttempts()
        let range = "bytes 0-9223372036854775807/*"
        #expect(attempts.next(after: exchange(206, range), from: 0, count: 5) == .again(after: .zero))
    }

    @Test func `a part is followed by the next one`() {
        var attempts = FileAttempts()
        #expect(attempts.next(after: exchange(206, "bytes 0-4/9"), from: 0, count: 5) == .again(after: .zero))
        #expect(attempts.next(after: exchange(206, "bytes 5-8/9"), from: 5, count: 9) == .done)
    }

    @Test(
        arguments: [
            (416, "bytes */5"), (416, nil), (206, nil), (200, nil), (206, "bytes 0-4/*"), (206, "bytes 0-4/5"),
        ] as [(Int, String?)]
    )
    func `a part of nobody knows how much is whole when the server says that nothing follows`(
        status: Int,
        range: String?
    ) {
        var attempts = FileAttempts()
        #expect(attempts.next(after: exchange(206, "bytes 0-4/*"), from: 0, count: 5) == .again(after: .zero))
        #expect(attempts.next(after: exchange(status, range), from: 5, count: 5) == .done)
    }

    @Test(
        arguments: [
            (416, "bytes */9"), (416, "bytes */3"), (206, "bytes 0-4/9"), (206, "bytes 0-3/*"), (206, "bytes 0-5/*"),
            (206, "bytes 5-8/*"), (206, "bytes 1-5/*"), (206, "bytes */5"), (200, "bytes 0-8/9"),
        ]
    )
    func `a part of nobody knows how much is not whole when the server says anything else`(
        status: Int,
        range: String
    ) {
        var attempts = FileAttempts()
        _ = attempts.next(after: exchange(206, "bytes 0-4/*"), from: 0, count: 5)
        #expect(failure(attempts.next(after: exchange(status, range), from: 5, count: 5)) == .unintelligible)
    }

    @Test(arguments: [416, 200, 206]) func `what was cut is not whole because nothing follows`(status: Int) {
        var attempts = FileAttempts()
        _ = attempts.next(after: cut, from: 0, count: 5)
        #expect(failure(attempts.next(after: exchange(status), from: 5, count: 5)) != nil)
        attempts = FileAttempts()
        _ = attempts.next(after: exchange(206, "bytes 0-8/*"), from: 0, count: 5)
        #expect(failure(attempts.next(after: exchange(status), from: 5, count: 5)) != nil)
    }

    @Test func `the whole in place of the rest is whole when it is, and otherwise begins again three times`() {
        var attempts = FileAttempts()
        _ = attempts.next(after: cut, from: 0, count: 5, announced: 8)
        // The file may be another one by now: what it was counts no more.
        #expect(attempts.next(after: exchange(200), from: 5, count: 9, announced: 9, beganAnew: true) == .done)
        attempts = FileAttempts()
        _ = attempts.next(after: cut, from: 0, count: 5, announced: 8)
        for _ in 0..<2 {
            let step = attempts.next(after: cut, from: 5, count: 5, announced: 8, beganAnew: true)
            #expect(step == .again(after: .milliseconds(200)))
        }
        let last = attempts.next(after: cut, from: 5, count: 5, announced: 8, beganAnew: true)
        #expect(failure(last) == .unintelligible)
    }

    @Test(arguments: [
        ContentFault.noRange, .unreadableRange, .longerThanRange, .encoded,
        ContentRange("bytes 0-99/100").map { .elsewhere($0) } ?? .noRange,
    ])
    func `what is no part of the file is told in a sentence of its own`(fault: ContentFault) {
        var attempts = FileAttempts()
        let error = TransferError(.contentRefused(fault), fault.description, requestMayHaveLeft: true)
        let exchange = FileExchange(result: .failure(error), reader: ReplyReader(server: "main"))
        guard case .failed(let error) = attempts.next(after: exchange, from: 0, count: 0) else {
            Issue.record("it goes on")
            return
        }
        #expect(error.code == .unintelligible && error.message == fault.description)
    }

    @Test func `all that came once more, refused before it was read, is the end`() throws {
        for (range, isEnd) in [("bytes 0-4/*", true), ("bytes 0-4/5", true), ("bytes 0-8/*", false)] {
            var attempts = FileAttempts()
            _ = attempts.next(after: exchange(206, "bytes 0-4/*"), from: 0, count: 5)
            let fault = ContentFault.elsewhere(try #require(ContentRange(range)))
            let exchange = FileExchange(
                result: .failure(TransferError(.contentRefused(fault), fault.description)),
                reader: ReplyReader(server: "main")
            )
            #expect((attempts.next(after: exchange, from: 5, count: 5) == .done) == isEnd)
        }
    }

    @Test(arguments: ["bytes */3", "bytes */5", "bytes */9"])
    func `a file that has another size than it had is not whole`(range: String) {
        var attempts = FileAttempts()
        #expect(attempts.next(after: cut, from: 0, count: 5, announced: 8) == .again(after: .milliseconds(200)))
        #expect(failure(attempts.next(after: exchange(416, range), from: 5, count: 5)) == .unintelligible)
        attempts = FileAttempts()
        _ = attempts.next(after: exchange(206, "bytes 0-4/8"), from: 0, count: 5)
        #expect(failure(attempts.next(after: exchange(206, "bytes 5-8/9"), from: 5, count: 9)) == .unintelligible)
    }

    @Test(arguments: [
        "bytes 0-4/-5", "bytes 0-4/4", "bytes 0-4/x", "bytes 0-4/", "bytes 4-0/9", "bytes -4/9", "bytes 0-3/9",
        "bytes 1-5/9", "bytes */9", "items 0-4/5", "bytes 0-4/99999999999999999999", "bytes 0-4/5/5", "",
        "bytes 9223372036854775807-9223372036854775807/*", "bytes 1-9223372036854775807/*",
    ])
    func `a range that is none, or another than came, is not understood`(range: String) {
        var attempts = FileAttempts()
        #expect(failure(attempts.next(after: exchange(206, range), from: 0, count: 5)) == .unintelligible)
    }

    @Test(
        arguments: [
            (404, nil, true, .refused), (500, nil, true, .failed), (416, nil, true, .refused),
            (200, nil, false, .unintelligible), (200, nil, true, .unintelligible),
            (206, "bytes 5-5/9", true, .unintelligible),
        ] as [(Int, String?, Bool, SecurityCenterError.Code)]
    )
    func `what brings nothing more of the file ends it`(
        status: Int,
        range: String?,
        isWhole: Bool,
        code: SecurityCenterError.Code
    ) {
        var attempts = FileAttempts()
        let step = attempts.next(after: exchange(status, range, isWhole: isWhole), from: 5, count: 5)
        #expect(failure(step) == code)
    }

    @Test func `a busy file service is asked five times more, with 10 s between`() {
        var attempts = FileAttempts()
        for _ in 0..<5 {
            #expect(attempts.next(after: exchange(503), from: 0, count: 0) == .again(after: .seconds(10)))
        }
        #expect(failure(attempts.next(after: exchange(503), from: 0, count: 0)) == .failed)
    }

    @Test func `what is cut goes on as long as something comes`() {
        var attempts = FileAttempts()
        for count in 1...9 {
            #expect(
                attempts.next(after: cut, from: Int64(count) - 1, count: Int64(count))
                    == .again(after: .milliseconds(200))
            )
        }
        _ = attempts.next(after: cut, from: 9, count: 9)
        _ = attempts.next(after: cut, from: 9, count: 9)
        #expect(failure(attempts.next(after: cut, from: 9, count: 9)) == .unreachable)
    }
}
