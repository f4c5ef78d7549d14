// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehouseDaemon

@Suite struct CallerVisibilityTests {
    @Test(arguments: [
        // The machine's own namespace, a container's, one with a single user taken out of its range.
        "         0          0 4294967295\n", "0 100000 65536\n", "0 100000 1000\n1000 1000 1\n1001 101001 64535\n",
    ])
    func `a range of users can be told apart`(_ map: String) {
        #expect(CallerVisibility.fault(inMap: map) == nil)
    }

    @Test(arguments: [
        // PrivateUsers=yes, `unshare --map-root-user`, a namespace without a map, nonsense.
        "0 0 1\n61184 61184 1\n", "         0       1000          1\n", "", "\n", "0 0\n", "0 0 0\n", "a b c\n",
    ])
    func `single users cannot, so that the daemon serves nobody`(_ map: String) throws {
        let fault = try #require(CallerVisibility.fault(inMap: map))
        #expect(fault.description.hasPrefix("/proc/self/uid_map: callers cannot be told apart"))
    }

    // PrivateUsers=identity counted as a range: callers from user 65536 on all came as user 65534.
    @Test(arguments: ["0 0 65536\n", "         0          0      65536\n", "0 0 4294967294\n"])
    func `the host's own users without the last ones cannot either`(_ map: String) throws {
        let fault = try #require(CallerVisibility.fault(inMap: map))
        #expect(fault.description.contains("callers cannot be told apart: this user namespace has the first "))
    }

    @Test func `this very test runs where they can be, or not at all`() {
        #expect(CallerVisibility.fault() == nil)
    }
}

@Suite struct IdleOptionTests {
    @Test(arguments: [("0", nil), ("300", .seconds(300)), ("0.25", .milliseconds(250))] as [(String, Duration?)])
    func `the time until an idle daemon ends is in seconds, and 0 is never`(_ text: String, _ wanted: Duration?) throws
    {
        #expect(try Options(["--exit-on-idle", text]).exitOnIdle == wanted)
    }

    @Test(arguments: ["-1", "nan", "inf", "1e300", "5m", " "])
    func `any other time is refused`(_ text: String) {
        #expect(throws: Options.Fault.self) { try Options(["--exit-on-idle", text]) }
    }
}
