// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseServer
import Testing

@testable import GatehouseDaemon

@Suite struct ServiceManagerTests {
    private let sent = Locked<[String]>([])
    private var manager: ServiceManager {
        ServiceManager(watchdogInterval: nil) { [sent] text in sent.withLock { $0.append(text) } }
    }

    @Test func `every message has the form of sd_notify`() {
        manager.ready("well")
        manager.status("busy")
        manager.stopping("ending")
        manager.extendTimeout(by: .milliseconds(1500))
        manager.watchdog()
        let wanted = [
            "READY=1\nSTATUS=well", "STATUS=busy", "STOPPING=1\nSTATUS=ending", "EXTEND_TIMEOUT_USEC=1500000",
            "WATCHDOG=1",
        ]
        #expect(sent.withLock { $0 } == wanted)
    }

    @Test func `a reload names the monotonic time in microseconds`() throws {
        manager.reloading()
        let text = try #require(sent.withLock { $0 }.first)
        #expect(text.wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=[1-9][0-9]*/) != nil)
    }

    @Test(arguments: ["a\nREADY=1", "a\r\nREADY=1", "a\u{2028}READY=1"])
    func `a line break in a status begins no second assignment`(_ status: String) {
        manager.status(status)
        #expect(sent.withLock { $0 } == ["STATUS=a READY=1"])
    }
}

@Suite struct StatusLineTests {
    @Test func `it counts what goes on`() {
        var counts = ServerCounts()
        #expect(StatusLine.text(counts, UpstreamWork()) == "0 connections, 0 requests in flight, 0 gateways open")
        counts.open = 1
        counts.inFlight = 2
        let text = StatusLine.text(counts, UpstreamWork(gateways: 1))
        #expect(text == "1 connection, 2 requests in flight, 1 gateway open")
    }

    @Test func `it names what cannot work, but not all of a long list`() {
        let some = StatusLine.text(ServerCounts(), UpstreamWork(outOfService: ["profile pre (credentialMissing)"]))
        #expect(some.hasSuffix("; cannot work: profile pre (credentialMissing)"))
        let many = StatusLine.text(ServerCounts(), UpstreamWork(outOfService: (1...6).map { "server \($0)" }))
        #expect(many.hasSuffix("; cannot work: server 1, server 2, server 3, server 4 and 2 more"))
    }

    @Test func `a daemon that cannot serve says why`() {
        let fault = ConfigurationFault(file: "gatehouse.yaml", line: 3, key: "limits", message: "unknown key")
        let text = StatusLine.text(ServerCounts(), UpstreamWork(faults: ConfigurationFaults(faults: [fault])))
        #expect(text == "cannot serve: gatehouse.yaml:3: limits: unknown key")
    }
}
