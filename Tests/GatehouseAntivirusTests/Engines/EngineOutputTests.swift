// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

@testable import GatehouseAntivirus

/// What goes out in which order, with a preview and without one.
struct EngineOutputTests {
    /// A pair of sockets: what is sent to the one comes out of the other.
    private struct Pair: ~Copyable {
        let near: Descriptor
        let far: Descriptor

        init() throws {
            var ends: [Int32] = [-1, -1]
            guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0, &ends) == 0 else {
                throw SystemError.current("socketpair")
            }
            near = Descriptor(owning: ends[0])
            far = Descriptor(owning: ends[1])
        }

        func received() -> String {
            var bytes = [UInt8](repeating: 0, count: 64 << 10)
            let count = recv(far.number, &bytes, bytes.count, 0)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
    }

    private static func output(_ content: String, preview: Int?) throws -> EngineOutput {
        let source = UploadSource(bytes: Array(content.utf8))
        try source.begin {}
        let body = EngineRequest.Body(source: source, framing: .chunked, preview: preview)
        return EngineOutput(EngineRequest(opening: Array("H ".utf8), body: body, replyEnd: .emptyLine, replyLimit: 64))
    }

    @Test(
        arguments: [
            ("", nil, "H 0\r\n\r\n"), ("abc", nil, "H 3\r\nabc\r\n0\r\n\r\n"),
            ("", 3, "H 0; ieof\r\n\r\n"), ("abc", 4, "H 3\r\nabc\r\n0; ieof\r\n\r\n"),
        ] as [(String, Int?, String)]
    )
    func `what is no longer than its preview goes out at once`(
        _ content: String,
        _ preview: Int?,
        _ expected: String
    ) throws {
        let pair = try Pair()
        var output = try Self.output(content, preview: preview)
        #expect(output.send(to: pair.near.number) == .done)
        #expect(pair.received() == expected)
        #expect(output.isDone && !output.awaitsConsent)
    }

    @Test(arguments: [
        ("abc", 0, "H 0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n"),
        ("abc", 2, "H 2\r\nab\r\n0\r\n\r\n", "1\r\nc\r\n0\r\n\r\n"),
        ("abc", 3, "H 3\r\nabc\r\n0\r\n\r\n", "0\r\n\r\n"),
    ])
    func `what is longer waits for consent`(
        _ content: String,
        _ preview: Int,
        _ first: String,
        _ rest: String
    ) throws {
        let pair = try Pair()
        var output = try Self.output(content, preview: preview)
        for _ in 0..<2 { #expect(output.send(to: pair.near.number) == .held) }
        #expect(pair.received() == first)
        #expect(output.awaitsConsent && !output.isDone)
        output.goOn()
        #expect(!output.awaitsConsent)
        #expect(output.send(to: pair.near.number) == .done)
        #expect(pair.received() == rest)
        #expect(output.isDone && !output.awaitsConsent)
    }
}
