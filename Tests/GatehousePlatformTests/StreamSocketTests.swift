// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc
import Testing

struct StreamSocketTests {
    @Test(arguments: ["127.0.0.1", "::1"])
    func `what is sent over TCP goes out at once`(host: String) throws {
        let socket = try StreamSocket.open(for: try #require(StreamAddress.numeric(host, port: 1)))
        var isOn: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        #expect(getsockopt(socket.number, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, &size) == 0)
        #expect(isOn != 0)
    }

    @Test func `a Unix socket has no such option, and needs none`() throws {
        #expect(try StreamSocket.open(for: .unix(path: "/none")).number >= 0)
    }
}
