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

    private static func profile(_ profile: JSONValue) -> Finding {
        let name = "profile \((profile["profile"] ?? .null).readable)"
        let tokens = profile["tokens"]?.array ?? []
        for token in tokens {
            let (state, which) = ((token["state"] ?? .null).readable, (token["token"] ?? .null).readable)
            guard state == "refused" || state == "waiting" else { continue }
            let cause = token["lastFailure"]?["message"]?.string ?? "the cause is not known"
            let hint =
                state == "refused"
                ? "Correct the credential, then: gatehouse token refresh"
                : "The daemon tries again by itself; gatehouse token status shows when."
            return Finding(.failed, "\(name): token \(which) cannot be obtained: \(cause)", hint: hint)
        }
        let isUsed = tokens.contains { !["none", "expired"].contains(($0["state"] ?? .null).readable) }
        return Finding(.ok, tokens.isEmpty || isUsed ? "\(name) is ready" : "\(name) has not been used lately")
    }

    private static func session(_ session: JSONValue) -> Finding? {
        guard let failure = session["lastFailure"]?["message"]?.string else { return nil }
        let server = (session["server"] ?? .null).readable
        return Finding(.warning, "a session on \(server) failed last: \(failure)")
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
