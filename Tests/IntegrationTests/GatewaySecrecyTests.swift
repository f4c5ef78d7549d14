// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Glibc
import Testing

/// Passwords, one-time passwords, tokens, session ids and keys stay inside the daemon.
@Suite(.timeLimit(.minutes(2))) struct GatewaySecrecyTests {
    /// Everything that a daemon shows: what it answered, its log, its arguments and its environment.
    private func shown(by scene: Scene, _ replies: String) throws -> String {
        let process = scene.daemon.program.process
        let own = try readFile("/proc/\(process)/cmdline") + ((try? readFile("/proc/\(process)/environ")) ?? "")
        return replies + scene.daemon.program.errors + own
    }

    /// Calls that succeed and calls that fail at every step.
    private func exercise(_ scene: Scene) throws -> String {
        let client = try scene.connect()
        let target: JSONValue = ["agent": .string(try scene.lab.host("NORTH-WS-1"))]
        var seen = ""
        for binding in ["session", "connection"] {
            let more: [(String, JSONValue)] = [("via", [1]), ("binding", .string(binding))]
            seen += try client.prepareGateway(target, more).text
        }
        let faults = [
            "Session.StartSession:status=401", "Session.StartSession:html", "GatewayConnection.*:wrongJson",
            "login:status=500", "CgwHelper.*:error=1184", "any:reset", "ksc:halfBody", "ksc:status=403",
        ]
        for fault in faults {
            try scene.lab.fault(fault)
            try scene.lab.revoke("session")
            for binding in ["session", "connection"] {
                let more: [(String, JSONValue)] = [("via", [1]), ("binding", .string(binding))]
                seen += try client.prepareGateway(target, more).text
            }
            seen += try client.call("callServer", ["method": "HostGroup.GroupIdGroups"]).text
            try scene.lab.clearFaults()
        }
        for method in ["listGateways", "tokenStatus", "status", "listSecondaries"] {
            seen += try client.call(method).text
        }
        return seen
    }

    @Test(arguments: [
        ["user: api", "password: ksc-password", "internal: true"],
        ["user: auditor", "password: ksc-auditor-password", "totp: ksc-auditor-totp", "internal: true"],
        ["webToken: ksc-webtoken"],
    ])
    func `no secret of an account reaches a reply, a log, the arguments or the environment`(account: [String]) throws {
        let usual = "      user: api\n      password: ksc-password\n      internal: true\n"
        let scene = try Scene(daemon: ["--log-level", "trace"]) { configuration, _ in
            configuration.replacing(usual, with: account.map { "      \($0)\n" }.joined())
        }
        let seen = try shown(by: scene, try exercise(scene))
        #expect(seen.contains("prepareGateway"))
        let secrets = try scene.lab.secrets()
        #expect(secrets.count >= 6)
        for secret in secrets {
            #expect(!secret.isEmpty && !seen.contains(secret))
            #expect(!seen.contains(base64(secret)))
        }
    }

    @Test func `a session id, a key and a password that a server repeats in its errors are taken out`() throws {
        let scene = try Scene(daemon: ["--log-level", "trace"])
        let password = try scene.lab.credential("ksc-password")
        let echo = try StandInServer.echoing(in: scene.folder, password: password)
        let other = try DaemonProgram(
            in: scene.folder,
            named: "other",
            configuration: try echo.configuration(from: scene),
            ["--log-level", "trace"]
        )
        let client = try WireClient(other.socket, keeping: scene)
        var seen = ""
        for binding in ["session", "connection"] {
            let reply = try client.prepareGateway(["secondaryInstance": "x"], [("binding", .string(binding))])
            #expect(reply["error"] != nil)
            seen += reply.text
        }
        seen += try client.call("callServer", ["method": "Echo.Error"]).text
        seen += try client.call("callServer", ["method": "Echo.Refusal"]).text
        seen += other.program.errors
        #expect(seen.contains("Echo.Error"))
        for secret in ["PlantedSessionId", "PlantedOneTimeKey"] { #expect(!seen.contains(secret), "\(seen)") }
        #expect(!seen.contains(password) && !seen.contains(base64(password)))
    }

    private func base64(_ text: String) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bytes = Array(text.utf8)
        var result = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let part = bytes[start..<min(start + 3, bytes.count)]
            let bits = part.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - part.count))
            for digit in 0...part.count { result.append(digits[bits >> (18 - 6 * digit) & 63]) }
        }
        return result
    }
}
