// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

@Suite struct FileAddressTests {
    private static let origin = "https://ksc.example:13299"

    @Test(arguments: [
        "/FTDR/0a1b", "/FTDR/{0A1B-2C}", "/FTDR/a/b.zip", "https://ksc.example:13299/FTDR/x",
    ])
    func `a name under the folder is followed, on this server`(text: String) throws {
        let address = try FileAddress(text, .download, origin: Self.origin)
        #expect(address.path.hasPrefix("/FTDR/"))
    }

    @Test(arguments: [
        "", "/", "/FTDR", "/FTDR/", "/FTUR/x", "/FTDRx/y", "/ftdr/x", "FTDR/x", "//other/FTDR/x",
        "https://other/FTDR/x",
        "http://ksc.example:13299/FTDR/x", "https://ksc.example:13299@other/FTDR/x",
        "https://ksc.example:132990/FTDR/x",
        "/FTDR/../api/v1.0/login", "/FTDR/a/../../x", "/FTDR/./x", "/FTDR//x", "/FTDR/%2e%2e/x", "/FTDR/x?y=z",
        "/FTDR/x#y",
        "/FTDR/a b", "/FTDR/a\r\nX: y", "/FTDR/\u{e9}", "/FTDR/a\\b", "https://ksc.example:13299/api/v1.0/FTDR/x",
        "/FTDR/" + String(repeating: "a", count: 1025),
    ])
    func `anything else is a foreign address`(text: String) {
        do {
            _ = try FileAddress(text, .download, origin: Self.origin)
            Issue.record("it was taken")
        } catch {
            #expect(error.code == .foreignAddress)
        }
    }

    private func exchange(_ status: Int, range: String? = nil, isWhole: Bool = true) -> FileExchange {
        FileExchange(
            result: .success(ServerReply(status: status, isWhole: isWhole, contentRange: range)),
            reader: ReplyReader(server: "main")
        )
    }

    @Test func `a download ends, goes on or is given up by what came`() {
        var attempts = FileAttempts()
        #expect(attempts.next(after: exchange(200), progressed: true, count: 5) == .done)
        #expect(attempts.next(after: exchange(206, range: "bytes 0-4/5"), progressed: true, count: 5) == .done)
        #expect(
            attempts.next(after: exchange(206, range: "bytes 0-4/9"), progressed: true, count: 5)
                == .again(after: .zero)
        )
        for _ in 0..<5 {
            #expect(attempts.next(after: exchange(503), progressed: false, count: 0) == .again(after: .seconds(10)))
        }
        for (exchange, code) in [
            (exchange(503), SecurityCenterError.Code.failed), (exchange(404), .refused), (exchange(500), .failed),
            (exchange(200, isWhole: false), .unintelligible), (exchange(206, range: "bytes 5-5/9"), .unintelligible),
        ] {
            guard case .failed(let error) = attempts.next(after: exchange, progressed: false, count: 5) else {
                Issue.record("it was not given up")
                continue
            }
            #expect(error.code == code)
        }
        let cut = FileExchange(
            result: .failure(TransferError(.cutReply, "cut", requestMayHaveLeft: true)),
            reader: ReplyReader(server: "main")
        )
        for _ in 0..<9 {
            #expect(attempts.next(after: cut, progressed: true, count: 1) == .again(after: .milliseconds(200)))
        }
        _ = attempts.next(after: cut, progressed: false, count: 1)
        _ = attempts.next(after: cut, progressed: false, count: 1)
        guard case .failed(let error) = attempts.next(after: cut, progressed: false, count: 1) else {
            Issue.record("it goes on for ever")
            return
        }
        #expect(error.code == .unreachable)
    }
}
