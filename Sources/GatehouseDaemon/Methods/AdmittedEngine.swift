// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import GatehousePlatform

/// An engine whose uploads wait until they may begin.
struct AdmittedEngine: WrappingEngine {
    let engine: any ScanEngine
    private let slots: UploadSlots
    private let time: any TimeSource

    init(_ engine: any ScanEngine, _ slots: UploadSlots, _ time: any TimeSource) {
        self.engine = engine
        self.slots = slots
        self.time = time
    }

    func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        let request = ScanAdmission.Request(
            user: subject.user,
            connection: subject.connection,
            deadline: subject.deadline,
            isRepeatable: { subject.isRepeatable },
            size: { await subject.knownSize() }
        )
        let engine = engine
        return try await ScanAdmission(slots, engine.pacer, time).run(request) {
            (permit) async throws(AntivirusError) in
            var subject = subject
            subject.permit = permit
            return try await engine.scan(subject)
        }
    }
}
