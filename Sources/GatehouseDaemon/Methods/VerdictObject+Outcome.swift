// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseServer
import GatehouseTransfer
import GatehouseWire

extension VerdictObject {
    /// What a caller is told of a scan.
    init(
        _ outcome: ScanOutcome,
        by profile: Profiles.Profile,
        isPlaintext: Bool,
        requestID: RequestID,
        elapsed: Duration
    ) {
        let judgement = outcome.judgement
        let verdict: Verdict =
            switch judgement.verdict {
            case .clean: .clean
            case .infected: .infected
            case .notScanned: .notScanned
            }
        self.init(
            verdict: verdict,
            reason: judgement.reason,
            scanStatus: judgement.scanStatus,
            fileScanned: judgement.fileScanned,
            fileStatus: judgement.fileStatus,
            totalInfections: judgement.totalInfections,
            bytesScanned: judgement.bytesScanned,
            totalFilesScanned: judgement.totalFilesScanned,
            threats: judgement.threats.map {
                Threat(name: $0.name, id: $0.id, category: $0.category, file: $0.file, disposition: $0.disposition)
            },
            sha256: outcome.digest?.sha256,
            size: outcome.size,
            engine: EngineReport(
                profile: profile.name,
                kind: profile.engine,
                definitions: judgement.definitions,
                plaintext: isPlaintext
            ),
            requestID: requestID.text,
            traceID: outcome.traceID,
            elapsedMilliseconds: elapsed.wholeMilliseconds,
            upstream: judgement.verdict == .clean ? nil : judgement.raw.map { .object($0) }
        )
    }
}
