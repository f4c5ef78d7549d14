// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// Decides when an engine gets its canaries and whether it may scan; without I/O, on a clock that is passed in.
///
/// No file is scanned on a check that is more than an hour old. An engine that fails open is checked again when a scan
/// finds the last check a minute old, so that it is back soon after it was repaired.
struct CanaryRecord {
    /// What a scan does.
    enum Admission: Equatable {
        /// It goes on.
        case admitted
        /// It waits for a check, which the caller has to start where that is said.
        case waits(startsCheck: Bool)
        /// It fails.
        case refused(AntivirusError)
    }

    static let validity = Duration.seconds(3600)
    static let pause = Duration.seconds(60)

    private let accepted: [Canary]
    private(set) var standing = EngineStanding()
    private var isChecking = false

    init(accepted: [Canary]) {
        self.accepted = accepted
    }

    /// Until when scans go on without a look at the record.
    var admittedUntil: Instant? {
        guard standing.state == .inService, let checkedAt = standing.checkedAt else { return nil }
        return checkedAt + Self.validity
    }

    /// A scan wants to begin.
    mutating func admit(now: Instant) -> Admission {
        if let admittedUntil, now < admittedUntil { return .admitted }
        if isChecking { return .waits(startsCheck: false) }
        if standing.state == .outOfService, let checkedAt = standing.checkedAt, now - checkedAt < Self.pause {
            return .refused(refusal)
        }
        isChecking = true
        return .waits(startsCheck: true)
    }

    /// A check is over: which canaries the engine called clean, or why nobody knows; returns what the waiting scans do.
    mutating func checked(
        _ result: Result<[Canary], AntivirusError>,
        now: Instant
    ) -> Result<Void, AntivirusError> {
        isChecking = false
        switch result {
        case .failure(let error):
            // It may have been replaced by another one since it was in service.
            if standing.state == .inService { standing.state = .notChecked }
            standing.lastFailure = error
            standing.lastFailureAt = now
            return .failure(error)
        case .success(let calledClean):
            standing = EngineStanding(
                state: calledClean.allSatisfy(accepted.contains) ? .inService : .outOfService,
                checkedAt: now,
                calledClean: calledClean
            )
            return standing.state == .inService ? .success(()) : .failure(refusal)
        }
    }

    /// The engine could not be reached: what comes back may be another one.
    mutating func lost() {
        if standing.state == .inService { standing.state = .notChecked }
    }

    private var refusal: AntivirusError {
        let names = standing.calledClean.filter { !accepted.contains($0) }.map(\.rawValue).joined(separator: ", ")
        return AntivirusError(
            .failsOpen,
            "the engine calls a test file clean (\(names)), so nothing is scanned with it"
        )
    }
}
