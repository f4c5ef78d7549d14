// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehouseTransfer
import Logging

/// Makes the engines that the daemon talks to itself, each behind its canaries.
struct LocalEngines {
    private let parts: ServiceParts
    private let link: EngineLink
    private let log: Logger

    init(_ parts: ServiceParts, _ log: Logger) {
        self.parts = parts
        self.log = log
        link = EngineLink(loop: parts.loop, spawner: parts.spawner)
    }

    func clamd(_ name: String, _ configuration: EngineConfiguration) -> any ScanEngine {
        guarded(ClamdEngine(at: configuration.address, link: link), name, configuration)
    }

    func icap(_ name: String, _ configuration: EngineConfiguration) -> any ScanEngine {
        guarded(
            ICAPEngine(configuration.service ?? "", by: EngineRoute(configuration), link: link),
            name,
            configuration
        )
    }

    private func guarded(
        _ engine: any ScanEngine,
        _ name: String,
        _ configuration: EngineConfiguration
    ) -> any ScanEngine {
        let guarded = guarded(engine, name, accepting: configuration.accepted)
        // The canaries come first: they are given to the engine whatever their size.
        return configuration.maximumBytes.map { BoundedEngine(guarded, maximumBytes: $0) } ?? guarded
    }

    /// Puts canaries before any engine.
    func guarded(_ engine: any ScanEngine, _ name: String, accepting accepted: [Canary]) -> any ScanEngine {
        let guarded = GuardedEngine(engine, accepting: accepted, link: link, readers: parts.readers)
        let log = log
        guarded.observeStanding { standing in
            let words = standing.calledClean.map(\.rawValue).joined(separator: ",")
            switch standing.state {
            case .outOfService:
                log.error(
                    "an engine calls test files clean and is out of service",
                    metadata: ["profile": "\(name)", "calledClean": "\(words)"]
                )
            case .inService:
                log.notice(
                    "an engine passed its test files",
                    metadata: ["profile": "\(name)", "calledClean": "\(words)"]
                )
            case .notChecked: break
            }
        }
        return guarded
    }
}

extension EngineRoute {
    /// A configured way to an engine.
    init(_ configuration: EngineConfiguration) {
        guard let trust = configuration.trust, case .host(let host, let port) = configuration.address else {
            self = .plain(configuration.address)
            return
        }
        self = .encrypted(TLSServer(host: host, port: port, trust: TransferRequest.Trust(trust)))
    }
}
