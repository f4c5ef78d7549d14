// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

/// Names are looked up by a thread of libcurl's, which nothing can interrupt.
@Suite(.timeLimit(.minutes(2)), .enabled(if: PrivateFiles.areAllowed)) struct ResolveTests {
    /// A name server that takes questions and never answers.
    private struct SilentNameServer: ~Copyable {
        /// Anywhere on the loopback network, so that two runs do not meet.
        let address = "127." + (0..<3).map { _ in "\(UInt8.random(in: 1...254))" }.joined(separator: ".")
        let socket: Descriptor

        init() throws {
            socket = Descriptor(owning: Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0))
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_port = UInt16(53).bigEndian
            inet_pton(AF_INET, address, &name.sin_addr)
            let result = withUnsafePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(socket.number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            #expect(result == 0)
        }

        /// Whether a question waits.
        var wasAsked: Bool {
            var poller = pollfd(fd: socket.number, events: Int16(POLLIN), revents: 0)
            return poll(&poller, 1, 0) == 1
        }
    }

    @Test func `a request is cancelled while its host is looked up, and holds up nobody`() async throws {
        let server = try LoopbackServer.shared.get()
        let names = try SilentNameServer()
        let file = server.folder + "/resolv.conf"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        let line = Array("nameserver \(names.address)\noptions timeout:30\n".utf8)
        #expect(write(descriptor, line, line.count) == line.count)
        close(descriptor)
        let engine = try PrivateFiles.engine(replacing: "/etc/resolv.conf", with: file)

        let clock = ContinuousClock()
        var began = clock.now
        let error = await withTaskGroup(of: TransferError?.self) { group in
            group.addTask {
                await failure { () throws(TransferError) in
                    try await engine.perform(TransferRequest(.get, "https://slow.gatehouse.test/"))
                }
            }
            while !names.wasAsked { await Task.yield() }
            // Another request goes its way meanwhile.
            let other = try? await engine.perform(server.request(.get, "/echo"))
            #expect(other?.status == 200)
            began = clock.now
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(error?.code == .cancelled)
        #expect(error?.requestMayHaveLeft == false)
        #expect(clock.now - began < .seconds(10))

        var request = TransferRequest(.get, "https://slow.gatehouse.test/")
        request.timeouts.connect = .milliseconds(200)
        began = clock.now
        let late = await failure { [request] () throws(TransferError) in try await engine.perform(request) }
        #expect(late?.code == .connectTimeout)
        #expect(clock.now - began < .seconds(10))
        // Only now may the name server go: its end would answer the questions.
        withExtendedLifetime(names) {}
    }
}
