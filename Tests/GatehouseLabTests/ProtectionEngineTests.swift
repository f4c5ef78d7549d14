// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct ProtectionEngineTests {
    private static func refresh(_ fixture: inout Fixture, _ gicar: String, _ token: String) -> Response {
        fixture.send(Fixture.head("refresh", gicar: gicar, spe: "Bearer " + token), to: .apiConnect).response
    }

    @Test func `tokens fit the gateway's limit and expire at an absolute time`() {
        var fixture = Fixture { $0.accessLifetime = 100 }
        let gicar = fixture.gicarToken()
        let tokens = fixture.tokens(gicar: gicar)
        #expect((100...290).contains(tokens.access.count))
        #expect(tokens.access.split(separator: ".").count == 3)
        #expect(tokens.expiry == Fixture.start.seconds + 100)
        fixture.now = Fixture.start.advanced(bySeconds: 99)
        #expect(fixture.scan(gicar: gicar, spe: tokens.access).response.status == 200)
        fixture.now = Fixture.start.advanced(bySeconds: 100)
        let refusal = fixture.scan(gicar: gicar, spe: tokens.access).response
        #expect(refusal.status == 401)
        #expect(refusal.json?["path"] == "/spe/api/v1/scan-file")
        #expect(refusal.json?["timestamp"] == "2024-12-23T11:13:08.000+00:00")
    }

    @Test func `a refresh spends its token and leaves the old access token alone`() {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let old = fixture.tokens(gicar: gicar)
        let answer = Self.refresh(&fixture, gicar, old.refresh)
        #expect(answer.status == 200)
        let access = answer.json?["access_token"]?.text ?? ""
        let refresh = answer.json?["refresh_token"]?.text ?? ""
        #expect(access != old.access)
        #expect(fixture.scan(gicar: gicar, spe: access).response.status == 200)
        #expect(fixture.scan(gicar: gicar, spe: old.access).response.status == 200)
        let again = Self.refresh(&fixture, gicar, old.refresh)
        #expect(again.status == 401)
        #expect(again.json?["path"] == "/v1/token/refresh")
        #expect(Self.refresh(&fixture, gicar, refresh).status == 200)
    }

    @Test func `a token of one kind is no token of the other`() {
        var fixture = Fixture()
        let gicar = fixture.gicarToken()
        let tokens = fixture.tokens(gicar: gicar)
        #expect(fixture.scan(gicar: gicar, spe: tokens.refresh).response.status == 401)
        #expect(Self.refresh(&fixture, gicar, tokens.access).status == 401)
        #expect(fixture.scan(gicar: tokens.access, spe: tokens.access).response.status == 401)
    }

    @Test func `a refresh token ends with its lifetime`() {
        var fixture = Fixture { $0.refreshLifetime = 50 }
        let tokens = fixture.tokens(gicar: fixture.gicarToken())
        fixture.now = Fixture.start.advanced(bySeconds: 50)
        #expect(Self.refresh(&fixture, fixture.gicarToken(), tokens.refresh).status == 401)
    }

    @Test(arguments: [
        (ScanFinding.clean, "SCAN_SUCCESS", "CLEAN", 0, 5), (.tooLarge, "SCAN_FAILURE", "FILE_SIZE_TOO_LARGE", 0, 0),
        (.infected(name: "N", id: "1"), "SCAN_SUCCESS", "INFECTED_UNREPAIRED", 1, 5),
        (.failed, "SCAN_FAILURE", "INTERNAL_SERVER_ERROR", 0, 0),
        (.inaccessible, "SCAN_FAILURE", "FILE_ACCESS_FAILED", 0, 0),
    ])
    func `each finding has its words`(
        _ finding: ScanFinding,
        _ scan: String,
        _ file: String,
        _ count: Int,
        _ bytes: Int
    ) {
        let json = ProtectionEngine.report(Fixture().summary(finding), at: Fixture.start).json
        #expect(json?["scanStatus"]?.text == scan)
        #expect(json?["fileStatus"]?.text == file)
        #expect(json?["totalInfections"]?.number == count)
        #expect(json?["bytesScanned"]?.number == bytes)
        #expect(json?["fileScanned"] == "a.txt")
        #expect(json?["fileQuarantineStatus"] == "NOT_AVAILABLE")
        #expect(json?["virusDefinitionDate"] == "2024-12-22T23:00:00.000+00:00")
        #expect(json?["virusDefinitionRevisionNumber"] == "007")
        #expect((json?["threats"] != nil) == (count == 1))
    }

    @Test(arguments: [
        ("stream: OK", ScanFinding.clean), ("stream: A.B FOUND", .infected(name: "A.B", id: "0")),
        ("stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND", .tooLarge), ("", .failed),
        ("stream: OK ERROR", .failed),
        ("INSTREAM size limit exceeded. ERROR", .tooLarge), ("stream: OKAY", .failed), ("stream:OK", .failed),
        ("stream: x ERROR", .failed), ("UNKNOWN COMMAND", .failed),
    ])
    func `clamd's reply counts only whole and understood`(_ text: String, _ finding: ScanFinding) {
        #expect(ClamdReply.finding(text) == finding)
        var reply = ClamdReply()
        #expect(reply.consume(Array(text.utf8)) == nil)
        #expect(reply.end(isWhole: true) == .failed)
        #expect(reply.consume([0]) == (finding == .clean ? nil : finding))
        #expect(reply.end(isWhole: false) == .failed)
        #expect(reply.end(isWhole: true) == (finding == .clean ? .clean : .failed))
    }

    @Test(arguments: ["stream: A FOUND\0", "stream: OK\0", "\0", "x"])
    func `what follows clamd's reply makes a failure of OK`(_ more: String) {
        var reply = ClamdReply()
        #expect(reply.consume(Array("stream: OK\0".utf8)) == nil)
        #expect(reply.consume(Array(more.utf8)) == .failed)
        #expect(reply.end(isWhole: true) == .failed)
    }
}
