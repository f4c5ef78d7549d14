// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehouseCommands
import GatehouseWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct DoctorCommandTests {
    /// Answers as a daemon does that has one profile with one token in this state.
    private func daemon(
        token state: String,
        verdict: String = "clean",
        version: String = gatehouseVersion
    ) throws -> Scene {
        try Scene(wrong: .replies) { request, peer in
            switch request.method {
            case "ping": peer.answer(request, ["pong": true, "version": .string(version)])
            case "status": peer.answer(request, ["profiles": [["profile": "pro"]], "connections": ["refused": 0]])
            case "tokenStatus":
                let token: JSONValue = [
                    "token": "gicar", "state": .string(state), "lastFailure": ["message": "the secret is wrong"],
                ]
                peer.answer(
                    request,
                    ["profiles": [["profile": "pro", "engine": "spe", "tokens": [token]]], "sessions": []]
                )
            default: peer.answer(request, FakeDaemon.verdict(verdict))
            }
        }
    }

    @Test func `all is well`() throws {
        let scene = try daemon(token: "valid")
        let result = try scene.program.run("doctor")
        #expect(result.status == 0)
        #expect(result.lines.count == 3 && result.lines.allSatisfy { $0.hasPrefix("ok") })
        #expect(!result.text.contains("scanned"))
    }

    @Test func `a token that is refused has failed, with its cause and what to do`() throws {
        let scene = try daemon(token: "refused")
        let result = try scene.program.run("doctor")
        #expect(result.status == 2)
        #expect(result.text.contains("FAILED   profile pro: token gicar cannot be obtained: the secret is wrong"))
        #expect(result.text.contains("gatehouse token refresh"))
    }

    @Test func `another version is a warning`() throws {
        let scene = try daemon(token: "valid", version: "0.0.9")
        let result = try scene.program.run("doctor")
        #expect(result.status == 0)
        #expect(result.text.contains("warning  the daemon is version 0.0.9"))
    }

    @Test(arguments: [("clean", Int32(0)), ("infected", 2), ("notScanned", 2)])
    func `a harmless text has to come back clean`(verdict: String, status: Int32) throws {
        let scene = try daemon(token: "valid", verdict: verdict)
        let result = try scene.program.run("doctor", "--scan", "--json")
        #expect(result.status == status)
        let findings = try result.lines.map { try JSONValue(parsing: $0) }
        #expect(findings.map { $0["state"]?.string } == ["ok", "ok", status == 0 ? "ok" : "failed", "ok"])
    }

    /// The daemon kept its own deadline, and a slow engine looked like a daemon that had gone.
    @Test func `a deadline is the daemon's too`() throws {
        let scene = try daemon(token: "valid")
        #expect(try scene.program.run("doctor", "--scan", "--timeout", "2.5").status == 0)
        let scan = scene.daemon.requests.first { $0.method == "scanFile" }
        #expect(scan?.parameters["deadlineMs"] == 2500)
        #expect(scene.daemon.requests.first { $0.method == "ping" }?.parameters["deadlineMs"] == nil)
    }

    @Test func `a daemon that is not there ends with 3`() throws {
        let result = try Program().run("doctor", "--socket", "/nowhere/rpc.sock")
        #expect(result.status == 3)
        #expect(result.text.contains("FAILED") && result.text.contains("gatehouse.socket"))
    }

    @Test func `a daemon that cannot serve says why`() throws {
        let scene = try Scene { request, peer in
            peer.fail(request, .configuration, message: "gatehouse.yaml:3: nonsense", hint: "correct it")
        }
        let result = try scene.program.run("doctor")
        #expect(result.status == 2)
        #expect(result.text.contains("gatehouse.yaml:3") && result.text.contains("correct it"))
    }

    // Only tokens were looked at: a profile without any was called ready, whatever was wrong with it.
    @Test(
        arguments: [
            (["engine": "spe", "tokens": []], .failed, "credentials cannot be read"),
            (["engine": "clamd", "tokens": []], .ok, "is ready"),
            (
                ["engine": "clamd", "tokens": [], "check": ["state": "outOfService", "calledClean": ["nested"]]],
                .failed,
                "calls test files clean (nested)"
            ),
            (
                [
                    "engine": "clamd", "tokens": [],
                    "check": ["state": "notChecked", "lastFailure": ["message": "refused"]],
                ],
                .failed, "could not be checked: refused"
            ),
            (["engine": "clamd", "tokens": [], "check": ["state": "notChecked", "lastFailure": nil]], .ok, "lately"),
            (["engine": "clamd", "tokens": [], "check": ["state": "inService", "lastFailure": nil]], .ok, "is ready"),
            (
                ["engine": "clamd", "tokens": [], "definitions": ["state": "tooOld", "ageDays": 90]], .failed,
                "90 days old"
            ),
            (
                ["engine": "clamd", "tokens": [], "definitions": ["state": "old", "ageDays": 20]], .warning,
                "20 days old"
            ),
            (["engine": "clamd", "tokens": [], "definitions": ["state": "unknown", "ageDays": nil]], .ok, "is ready"),
        ] as [(JSONValue, Finding.State, String)]
    )
    func `a profile is only called ready where nothing is wrong with it`(
        profile: JSONValue,
        state: Finding.State,
        text: String
    ) {
        let findings = Examination.tokens(["profiles": [profile], "sessions": []])
        #expect(findings.map(\.state) == [state])
        #expect(findings.first?.message.contains(text) == true, "\(findings)")
    }
}
