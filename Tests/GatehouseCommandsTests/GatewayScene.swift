// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehouseWire

/// A daemon that knows some hosts and answers every call of a Security Center.
enum GatewayScene {
    static let id = "4328e16g-8a3f-4f1c-9d02-1f2e3d4c5b6a"

    static let route: JSONValue = [
        ["kind": "server", "id": "main"], ["kind": "secondary", "id": "3"], ["kind": "agent", "id": .string(id)],
    ]

    static let opened: JSONValue = [
        "gateway": "gw-1", "generation": 1, "route": route, "binding": "session",
        "openedAt": "2026-11-21T22:00:00.000Z", "idleTimeoutSeconds": 900,
    ]

    static let called: JSONValue = ["result": ["a": "\u{9B}2J"], "out": [:], "generation": 1]

    static func host(_ id: String, _ name: JSONValue, attributes: JSONValue = [:]) -> JSONValue {
        [
            "id": .string(id), "displayName": name, "address": "web.example",
            "status": ["level": "ok", "visible": true, "agentInstalled": true, "agentConnected": false],
            "attributes": attributes,
        ]
    }

    /// The daemon with this many hosts of every name, and the program.
    static func make(hosts count: Int = 1) throws -> Scene {
        try Scene { request, peer in answer(request, peer, hosts: count) }
    }

    static func answer(_ request: FakeDaemon.Request, _ peer: FakeDaemon.Peer, hosts count: Int) {
        switch request.method {
        case "findHosts":
            let hosts = (0..<count).map { host("id-\($0)", "web\u{1B}") }
            peer.answer(request, ["hosts": .array(hosts), "total": .number(JSONNumber(count))])
        case "prepareGateway": peer.answer(request, opened)
        case "closeGateway" where request.parameters["gateway"] == "gone": peer.fail(request, .unknownGateway)
        case "closeGateway": peer.answer(request, ["closed": true])
        case "getFile" where request.parameters["gateway"] == "gone": peer.fail(request, .unknownGateway)
        case "getFile", "putFile":
            let digest = String(repeating: "a", count: 64)
            peer.answer(request, ["bytes": 3, "sha256": .string(digest), "generation": 1])
        case "callAgent" where request.parameters["method"] == "NagRdu.GetUrlToDownloadFileFromHost":
            peer.answer(request, ["result": "/FTDR/x", "out": [:], "generation": 1])
        case "callAgent", "callServer": peer.answer(request, called)
        default: peer.close()
        }
    }
}

extension Scene {
    /// What the daemon was asked, as `METHOD PARAMS`.
    var asked: [String] { daemon.requests.map { "\($0.method) \($0.parameters.text)" } }

    /// Runs the program with words.
    func run(_ words: [String]) throws -> Program.Result {
        try program.run(bytes: words.map { Array($0.utf8) })
    }
}
