// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
package import GatehouseWire

/// What the daemon's answers tell about its health; it asks nobody itself.
package enum Examination {
    /// Looks at the answer to `ping`.
    package static func version(_ pong: JSONValue) -> Finding {
        guard let version = pong["version"]?.string else {
            return Finding(.failed, "whoever answers there is no Gatehouse daemon")
        }
        guard version == gatehouseVersion else {
            return Finding(
                .warning,
                "the daemon is version \(version), this program \(gatehouseVersion)",
                hint: "After an upgrade: systemctl restart gatehouse.service"
            )
        }
        return Finding(.ok, "the daemon answers, version \(version)")
    }

    /// Looks at the answer to `status`.
    package static func status(_ status: JSONValue) -> [Finding] {
        var findings: [Finding] = []
        let profiles = status["profiles"]?.array ?? []
        if profiles.isEmpty {
            findings.append(
                Finding(.warning, "no antivirus profile is configured", hint: "gatehouse init writes a configuration")
            )
        }
        if let refused = status["connections"]?["refused"]?.integer, refused > 0 {
            findings.append(
                Finding(
                    .warning,
                    "\(refused) connections were refused since the start because a limit was reached",
                    hint: "limits.connections and limits.connectionsPerUid of gatehouse.yaml"
                )
            )
        }
        return findings
    }

    /// Looks at the answer to `tokenStatus`: one finding for each profile and each session.
    package static func tokens(_ report: JSONValue) -> [Finding] {
        (report["profiles"]?.array ?? []).map(profile) + (report["sessions"]?.array ?? []).compactMap(session)
    }

    /// What is wrong with a profile comes first: one fault is enough to be told.
    private static func profile(_ profile: JSONValue) -> Finding {
        let name = "profile \((profile["profile"] ?? .null).readable)"
        let tokens = profile["tokens"]?.array ?? []
        if let fault = check(profile["check"], of: name) ?? tokens.lazy.compactMap({ token($0, of: name) }).first {
            return fault
        }
        if let fault = definitions(profile["definitions"], of: name) { return fault }
        guard profile["engine"] != "spe" || !tokens.isEmpty else {
            return Finding(
                .failed,
                "\(name) cannot be used: its credentials cannot be read",
                hint: "The daemon's log names the file: journalctl -u gatehouse.service"
            )
        }
        let states = tokens.map { ($0["state"] ?? .null).readable }
        let isUnused = profile["check"]?["state"] == "notChecked" || states.contains { $0 == "none" || $0 == "expired" }
        return Finding(.ok, isUnused ? "\(name) has not been used lately" : "\(name) is ready")
    }

    /// What the engine did with its test files.
    private static func check(_ check: JSONValue?, of name: String) -> Finding? {
        guard let check else { return nil }
        let cause = check["lastFailure"]?["message"]?.string
        switch (check["state"]?.string, cause) {
        case ("outOfService"?, _):
            let files = (check["calledClean"] ?? .null).readable
            return Finding(
                .failed,
                "\(name) is out of service: its engine calls test files clean (\(files))",
                hint: "docs/engines.md says how to set it up; gatehouse describe engineFailsOpen"
            )
        case ("notChecked"?, let cause?): return Finding(.failed, "\(name): the engine could not be checked: \(cause)")
        default: return nil
        }
    }

    /// What the profile says of its engine's definitions.
    private static func definitions(_ definitions: JSONValue?, of name: String) -> Finding? {
        guard let definitions, let state = definitions["state"]?.string, ["old", "tooOld"].contains(state) else {
            return nil
        }
        let age = definitions["ageDays"]?.integer.map { "\($0) days old" } ?? "of unknown age"
        let isRefused = state == "tooOld"
        let message = "\(name): the engine's virus definitions are \(age)"
        return Finding(isRefused ? .failed : .warning, message, hint: "Update them at the engine.")
    }

    private static func token(_ token: JSONValue, of name: String) -> Finding? {
        let (state, which) = ((token["state"] ?? .null).readable, (token["token"] ?? .null).readable)
        guard state == "refused" || state == "waiting" else { return nil }
        let cause = token["lastFailure"]?["message"]?.string ?? "the cause is not known"
        let hint =
            state == "refused"
            ? "Correct the credential, then: gatehouse token refresh"
            : "The daemon tries again by itself; gatehouse token status shows when."
        return Finding(.failed, "\(name): token \(which) cannot be obtained: \(cause)", hint: hint)
    }

    private static func session(_ session: JSONValue) -> Finding? {
        guard let failure = session["lastFailure"]?["message"]?.string else { return nil }
        let server = (session["server"] ?? .null).readable
        guard session["state"] == "failed" else {
            return Finding(.warning, "a session on \(server) failed last: \(failure)")
        }
        let isRefused = session["nextAttemptAt"]?.isNull == false
        let hint = isRefused ? "Correct the credential, then: gatehouse token refresh" : nil
        return Finding(.failed, "the account of server \(server) cannot log in: \(failure)", hint: hint)
    }

    /// Looks at a test scan with one profile.
    package static func scan(_ verdict: JSONValue, profile: String) -> Finding {
        let word = (verdict["verdict"] ?? .null).readable
        guard word != "clean" else {
            let elapsed = (verdict["elapsedMs"] ?? .null).readable
            return Finding(.ok, "profile \(profile) scanned a harmless file in \(elapsed) ms")
        }
        let reason = verdict["reason"]?.string.map { " (\($0))" } ?? ""
        return Finding(.failed, "profile \(profile) answered \(word)\(reason) to a harmless file")
    }
}
