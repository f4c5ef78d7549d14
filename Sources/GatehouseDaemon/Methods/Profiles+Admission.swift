// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer
import Logging

extension Profiles.Profile.State {
    /// The same with what every scan passes before it reaches the engine, and every verdict after.
    func admitting(
        _ profile: ProfileConfiguration,
        _ parts: ServiceParts,
        _ log: Logger
    ) -> Self {
        guard case .ready(let engine, let tokens) = self else { return self }
        var admitted: any ScanEngine = AdmittedEngine(engine, parts.lasting.uploads.slots(of: profile.name), parts.time)
        if let cache = profile.verdicts.cache {
            admitted = CachingEngine(
                admitted,
                lifetime: .seconds(cache.seconds),
                capacity: cache.entries,
                time: parts.time
            )
        }
        let watch = DefinitionsWatch(profile.verdicts.definitions, time: parts.time) { text in
            log.warning("\(text)", metadata: ["profile": "\(profile.name)"])
        }
        return .ready(AgeCheckedEngine(admitted, watch: watch), tokens)
    }
}

extension PlanPacer {
    /// Paces by a configured plan, if there is one; a gateway's refusals count in any case.
    init(_ plan: SPEConfiguration.Plan?, _ parts: ServiceParts) {
        self.init(
            perMinute: plan?.perMinute,
            perHour: plan?.perHour,
            longestLine: parts.lasting.waitingScans,
            loop: parts.loop,
            spawner: parts.spawner
        )
    }
}

extension MethodCall {
    /// Tells the connections that are open apart.
    var connectionNumber: UInt { channel.map { UInt(bitPattern: ObjectIdentifier($0)) } ?? 0 }
}
