// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus

extension Profiles.Profile.State {
    /// The same with what every scan passes before it reaches the engine.
    func admitting(_ profile: ProfileConfiguration, _ slots: UploadSlots, _ parts: MethodTable.Parts) -> Self {
        guard case .ready(let engine, let tokens) = self else { return self }
        return .ready(AdmittedEngine(engine, slots: slots, time: parts.time), tokens)
    }
}

extension PlanPacer {
    /// Paces by a configured plan, if there is one; a gateway's refusals count in any case.
    init(_ plan: SPEConfiguration.Plan?, _ parts: MethodTable.Parts) {
        self.init(
            perMinute: plan?.perMinute,
            perHour: plan?.perHour,
            longestLine: parts.waitingScans,
            loop: parts.loop,
            spawner: parts.spawner
        )
    }
}
