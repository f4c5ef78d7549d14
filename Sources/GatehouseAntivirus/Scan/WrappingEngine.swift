// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// An engine on top of another one: whatever it does not say itself, the other one says.
package protocol WrappingEngine: ScanEngine {
    /// The other one.
    var engine: any ScanEngine { get }
}

extension WrappingEngine {
    package var isPlaintext: Bool { engine.isPlaintext }
    package var pacer: PlanPacer? { engine.pacer }
    package var paths: (any PathScanEngine)? { engine.paths }
    package var definitions: DefinitionsWatch? { engine.definitions }
    package var standing: EngineStanding? { engine.standing }
    package var revision: UInt64 { engine.revision }
    package var isLoginRefused: Bool { engine.isLoginRefused }

    package func observe(_ observer: @escaping @Sendable () -> Void) {
        engine.observe(observer)
    }
}
