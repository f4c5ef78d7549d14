// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseTransfer
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

@Suite struct ReplyReaderTests {
    private let reader = ReplyReader(server: "main", secrets: [Secret("nsPbUpP1oAVZ==")], requestID: "A_B")
    private let method = MethodName(own: "A.B")

    private func read(_ body: String, status: Int = 200, isWhole: Bool = true) -> Result<CallReply, SecurityCenterError>
    {
        Result { () throws(SecurityCenterError) in
            try reader.read(ServerReply(status: status, body: Array(body.utf8), isWhole: isWhole), of: method)
        }
    }

    private func error(_ result: Result<CallReply, SecurityCenterError>) -> SecurityCenterError? {
        guard case .failure(let error) = result else { return nil }
        return error
    }

    @Test func `return value and out parameters are told apart`() throws {
        let reply = try read(#"{"strAccessor":"x","PxgRetVal":3,"p":{"b":false}}"#).get()
        #expect(reply.result == 3)
        #expect(JSONValue.object(reply.out).text == #"{"strAccessor":"x","p":{"b":false}}"#)
        #expect(try read("{}").get() == CallReply())
    }

    @Test func `an error's text has its arguments filled in`() {
        let body = """
            {"PxgError":{"code":1186,"subcode":0,"module":"KLSTD","file":"x.cpp","line":1,"message":"Object not found",
            "locdata":{"type":"params","value":{"format":"Object %1 not %3found, %2","format-id":0,"locmodule":"",
            "args":["h-1","100%1"]}}}}
            """
        let error = error(read(body))
        #expect(error?.code == .upstreamError)
        #expect(error?.upstream?.code == "KLSTD 1186")
        #expect(error?.upstream?.text == "Object h-1 not found, 100%1")
        #expect(error?.upstream?.name == "main" && error?.upstream?.traceID == "A_B")
    }

    @Test(arguments: [
        (#"{"PxgError":{"code":1,"module":"M","message":"plain"}}"#, "plain"),
        (#"{"PxgError":{"code":1,"module":"M","message":"plain","locdata":{"format":"x"}}}"#, "x"),
        (#"{"PxgError":{"code":1,"module":"M","message":"plain","locdata":7}}"#, "plain"),
        (#"{"PxgError":{"code":1,"module":"M","message":"a\nb\u0007"}}"#, "a b "),
        (#"{"PxgError":{"code":1,"module":"M","message":"session nsPbUpP1oAVZ== ended"}}"#, "session <removed> ended"),
    ])
    func `an error's text is whatever there is, on one line and without secrets`(body: String, text: String) {
        #expect(error(read(body))?.upstream?.text == text)
    }

    @Test(
        arguments: [
            (201, #"{"wstrAuthKey":"k3y"}"#, nil), (202, "token", nil), (500, #"{"PxgRetVal":"id=="}"#, nil),
            (403, "\u{FEFF} [\"id\"]", nil), (400, "\"token\"", nil), (500, "{\"PxgRetVal\":\"id", nil),
            (404, "\n<p>no", nil), (401, "Authentication failure", "Authentication failure"),
            (500, #"{"PxgError":{"code":1,"module":"M","message":"why"},"PxgRetVal":"id"}"#, "why"),
        ] as [(Int, String, String?)]
    )
    func `of what looks like an answer, an error tells the server's own error alone`(
        status: Int,
        body: String,
        text: String?
    ) {
        #expect(error(read(body, status: status))?.upstream?.text == text)
    }

    @Test func `a secret that looks like a place in the format is found before the places are filled`() {
        let reader = ReplyReader(server: "main", secrets: [Secret("Pass%41word")])
        let located: JSONValue = ["format": "no Pass%41word, %1", "args": ["but Pass%41word"]]
        let body: JSONValue = ["PxgError": ["code": 1, "module": "M", "locdata": located]]
        let result = Result { () throws(SecurityCenterError) in
            try reader.read(ServerReply(status: 200, body: Array(body.text.utf8)), of: method)
        }
        #expect(error(result)?.upstream?.text == "no <removed>, but <removed>")
    }

    @Test(
        arguments: [
            (#"{"code":"1186","module":"KLSTD"}"#, "KLSTD 1186"), (#"{"code":7}"#, "7"), (#"{"module":"M"}"#, "M"),
            (#"{"code":"x"}"#, nil), ("null", nil), ("5", nil),
        ] as [(String, String?)]
    )
    func `an error's code is what the server says, and nothing else`(fault: String, code: String?) {
        let error = error(read("{\"PxgError\":\(fault)}"))
        #expect(error?.code == .upstreamError && error?.upstream?.code == code)
        #expect(error?.message == "A.B: the server answered \(code ?? "an error without a code")")
    }

    @Test(arguments: ["{\"PxgError\":{}}", "{\"PxgError\":null}", "{\"PxgError\":[],\"PxgRetVal\":1}"])
    func `an error without anything in it is an error`(body: String) {
        #expect(error(read(body))?.code == .upstreamError)
    }

    @Test func `a long text is cut`() {
        let body =
            "{\"PxgError\":{\"code\":1,\"module\":\"M\",\"message\":\"\(String(repeating: "x", count: 100_000))\"}}"
        #expect(error(read(body))?.upstream?.text?.count == 300)
    }

    @Test(arguments: ["%1%2%1", "%", "%%", "%0", "%12", "%a", "100% %1"])
    func `any format can be filled`(format: String) {
        let text = TextFormat.fill(format, ["A", "B"])
        #expect(text.count <= 7)
        #expect(TextFormat.fill("%1%2%1", ["A", "B"]) == "ABA")
        #expect(TextFormat.fill("100% %1", ["A"]) == "100% A")
    }

    @Test func `access denied is its own kind`() {
        #expect(error(read(#"{"PxgError":{"code":1184,"module":"KLSTD"}}"#))?.code == .noPermission)
    }

    @Test(arguments: [
        (200, "", true, SecurityCenterError.Code.unintelligible), (200, "[]", true, .unintelligible),
        (200, "{\"PxgRetVal\":", false, .unintelligible), (200, "{\"a\":1,\"a\":2}", true, .unintelligible),
        (401, "Authentication failure", true, .refused), (403, "", true, .refused), (404, "", true, .refused),
        (201, "{}", true, .unintelligible), (204, "", true, .unintelligible), (302, "", true, .refused),
        (500, "<html>", true, .failed), (503, "busy", true, .failed), (302, "", true, .refused),
    ])
    func `anything else is an error of its own`(
        status: Int,
        body: String,
        isWhole: Bool,
        code: SecurityCenterError.Code
    ) {
        #expect(error(read(body, status: status, isWhole: isWhole))?.code == code)
    }

    @Test(arguments: [
        (TransferError.Code.emptyReply, true, false, SecurityCenterError.Code.outcomeUnknown),
        (.outOfMemory, true, false, .outcomeUnknown), (.outOfMemory, false, false, .unavailable),
        (.unavailable, true, false, .outcomeUnknown), (.unavailable, true, true, .unavailable),
        (.emptyReply, true, true, .unreachable), (.cannotConnect, false, false, .unreachable),
        (.timedOut, true, false, .outcomeUnknown), (.timedOut, true, true, .timedOut),
        (.cutReply, true, false, .outcomeUnknown),
        (.replyTooLarge, true, false, .replyTooLarge), (.pinMismatch, false, false, .notTrusted),
        (.cancelled, true, false, .cancelled), (.connectionGone, false, false, .gatewayGone),
    ])
    func `a transfer that failed after the request left is in doubt, unless nothing depends on it`(
        code: TransferError.Code,
        left: Bool,
        changesNothing: Bool,
        expected: SecurityCenterError.Code
    ) {
        let error = reader.failure(
            TransferError(code, "x", requestMayHaveLeft: left),
            changesNothing: changesNothing
        )
        #expect(error.code == expected)
        #expect(error.requestMayHaveLeft == left)
    }
}
