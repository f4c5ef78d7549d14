// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Every fault of the Antivirus API's servers at every step that it suits, for tests that walk through all of them.
package enum FaultCatalogue {
    /// What a client that is right makes of a fault.
    package enum Effect: String, Sendable {
        /// The call is answered as if nothing were wrong.
        case none
        /// Something of the client's is renewed or sent again; then the call is answered.
        case mended
        /// There is no verdict: an error, or a verdict that says that nothing was scanned.
        case noVerdict
    }

    /// One fault at one step.
    package struct Row: Sendable {
        /// The step.
        package let step: Operation
        /// The kind with its value, as in a fault's text.
        package let kind: String
        /// What to expect while it lasts; once it has struck, a client may have mended it.
        package let effect: Effect

        /// The text that turns the fault on for one request.
        package var once: String { "\(step.rawValue):\(kind),times=1" }
        /// The text that turns the fault on for good.
        package var forGood: String { "\(step.rawValue):\(kind),times=\(FaultCatalogue.forGood)" }
    }

    /// As good as for ever, also for the kinds that strike once where nothing else is said.
    static let forGood = 999_999_999

    private static let kinds: [(kind: String, effect: Effect)] = [
        ("latency=100", .none), ("latency=60000", .noVerdict), ("reset", .noVerdict), ("reset=0", .noVerdict),
        ("reset=2000", .noVerdict), ("halfBody", .noVerdict), ("emptyBody", .noVerdict), ("html", .noVerdict),
        ("html=502", .noVerdict), ("wrongJson", .noVerdict), ("hang", .noVerdict), ("drip=5", .none),
        ("drip=2000", .noVerdict), ("hugeBody=2000000", .noVerdict), ("redirect", .noVerdict), ("closeAfter", .none),
        ("noContentType", .none), ("noTraceId", .none),
        ("status=202", .noVerdict), ("status=202-clean", .noVerdict), ("status=206-clean", .noVerdict),
        ("status=204-empty", .noVerdict), ("status=200-spe", .noVerdict), ("status=200-ibm", .noVerdict),
        ("status=400", .noVerdict), ("status=401-ibm", .noVerdict), ("status=401-oauth", .noVerdict),
        ("status=401-ctti", .noVerdict), ("status=401-spe", .noVerdict), ("status=401-empty", .noVerdict),
        ("status=401-clean", .noVerdict), ("status=403-ibm", .noVerdict), ("status=403-ctti", .noVerdict),
        ("status=404", .noVerdict), ("status=405", .noVerdict), ("status=409", .noVerdict), ("status=413", .noVerdict),
        ("status=415", .noVerdict), ("status=422", .noVerdict), ("status=429-ibm", .noVerdict),
        ("status=429-ctti", .noVerdict), ("status=500-ctti", .noVerdict), ("status=500-spe", .noVerdict),
        ("status=500-clean", .noVerdict), ("status=502", .noVerdict), ("status=503", .noVerdict),
        ("status=504", .noVerdict), ("revoked", .noVerdict), ("revoked=gicar", .noVerdict),
        ("extraLongToken", .noVerdict), ("expiredToken", .noVerdict), ("deadToken", .noVerdict),
        ("expiry=text", .none), ("expiry=milliseconds", .none), ("expiry=millisecondsText", .none),
        ("wantsBody", .mended), ("counts=short", .noVerdict), ("counts=zero", .noVerdict), ("counts=unknown", .none),
        ("verdict=SCAN_TIMEOUT", .noVerdict), ("verdict=FILE_ACCESS_FAILED", .noVerdict),
        ("verdict=FILE_SIZE_TOO_LARGE", .noVerdict), ("verdict=INTERNAL_SERVER_ERROR", .noVerdict),
        ("verdict=NO_AV_LICENSE", .noVerdict), ("verdict=RESOURCE_UNAVAILABLE", .noVerdict),
        ("certificate=untrusted", .noVerdict), ("certificate=otherName", .noVerdict),
        ("certificate=expired", .noVerdict),
    ]

    /// The steps of the Antivirus API.
    package static let steps: [Operation] = [.token, .authentication, .refresh, .scanFile, .scanFilePath]

    /// All rows.
    package static let rows: [Row] = steps.flatMap { step in
        kinds.compactMap { kind, effect in
            guard isMeant(kind, at: step), (try? Fault("\(step.rawValue):\(kind)")) != nil else { return nil }
            return Row(step: step, kind: kind, effect: effect)
        }
    }

    /// Leaves out what would be another row in disguise: one shape for Keycloak's statuses, no report outside scans,
    /// and no reset within a body that is not there.
    private static func isMeant(_ kind: String, at step: Operation) -> Bool {
        if kind.hasSuffix("-clean") || kind == "status=202" || kind == "reset=2000" { return step == .scanFile }
        if step == .token {
            if kind == "noTraceId" || kind == "latency=60000" { return false }
            if kind.hasPrefix("status="), kind.contains("-") {
                return ["status=401-ibm", "status=403-ibm", "status=429-ibm", "status=500-spe"].contains(kind)
            }
        }
        // What `/authentication` carries is GICAR's token alone.
        return !(step == .authentication && kind == "revoked")
    }

    /// The table, and the steps, as the control port tells them.
    static var json: JSONValue {
        [
            "steps": .array(steps.map { .string($0.rawValue) }),
            "faults": .array(
                rows.map { row in
                    [
                        "step": .string(row.step.rawValue), "kind": .string(row.kind),
                        "effect": .string(row.effect.rawValue), "once": .string(row.once),
                        "forGood": .string(row.forGood),
                    ]
                }
            ),
        ]
    }
}
