// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseCommands
import GatehouseWire
import Testing

struct WatchCommandTests {
    static let route: JSONValue = [["kind": "server", "id": "main"], ["kind": "agent", "id": "A1"]]

    @Test(
        arguments: [
            (
                [
                    "topic": "scans", "full": false,
                    "items": [
                        [
                            "requestId": "r1", "profile": "pro", "state": "sending", "sent": 10, "size": 20,
                            "outcome": nil,
                        ],
                        [
                            "requestId": "r2", "profile": "pro", "state": "sending", "sent": 10, "size": nil,
                            "outcome": nil,
                        ],
                        [
                            "requestId": "r3", "profile": "pro", "state": "done", "sent": 20, "size": 20,
                            "outcome": "clean",
                        ],
                    ],
                ],
                [
                    "scan r1 by pro: sending, 10 of 20 bytes", "scan r2 by pro: sending, 10 bytes",
                    "scan r3 by pro: clean",
                ]
            ),
            (["topic": "scans", "full": true, "items": []], ["scans: none"]),
            (["topic": "scans", "full": false, "items": []], []),
            (
                [
                    "topic": "tokens", "full": true,
                    "items": [
                        [
                            "profile": "pro",
                            "tokens": [
                                ["token": "gicar", "state": "valid", "expiresInSeconds": 299, "lastFailure": nil],
                                [
                                    "token": "spe", "state": "refused", "expiresInSeconds": nil,
                                    "lastFailure": ["message": "no\u{1B}[0m"],
                                ],
                            ],
                        ]
                    ],
                ],
                [
                    "token gicar of pro: valid, expires in 299 s",
                    #"token spe of pro: refused, last failure: no\x1b[0m"#,
                ]
            ),
        ] as [(JSONValue, [String])]
    )
    func `a change is a line for each of its items`(change: JSONValue, lines: [String]) {
        #expect(ChangeLines.of(change) == lines)
    }

    @Test func `a gateway's line has its route and its end`() {
        let open: JSONValue = [
            "gateway": "gw-1", "route": Self.route, "state": "open", "generation": 2, "callsInFlight": 1,
        ]
        let closed: JSONValue = ["gateway": "gw-1", "route": Self.route, "state": "closed", "closedBecause": "idle"]
        let lines = ChangeLines.of(["topic": "gateways", "full": false, "items": [open, closed]])
        #expect(lines[0].hasPrefix("gateway gw-1 to ") && lines[0].hasSuffix(": open, generation 2, calls 1"))
        #expect(lines[1].hasSuffix(": closed because idle"))
    }

    @Test func `it subscribes to what was asked for and prints until the daemon ends`() throws {
        let scene = try Scene { request, peer in
            #expect(request.parameters == ["topics": ["scans", "tokens"]])
            peer.answer(request, ["subscription": "s1"])
            let change: JSONValue = ["subscription": "s1", "seq": 1, "topic": "scans", "full": true, "items": []]
            peer.send(["jsonrpc": "2.0", "method": "changed", "params": change])
            peer.close()
        }
        let result = try scene.program.run("watch", "tokens", "scans")
        #expect(result.lines == ["scans: none"])
        #expect(result.status == 2)
        #expect(result.errors.contains("connection"))
    }
}
