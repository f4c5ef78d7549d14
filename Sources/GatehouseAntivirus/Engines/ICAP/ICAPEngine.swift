// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer

/// Scans with an ICAP server (RFC 3507): each file as the body of a response to modify, on a connection of its own.
package struct ICAPEngine: ScanEngine {
    private let address: EngineAddress
    private let service: String
    private let link: EngineLink

    package let isPlaintext: Bool

    /// The service of that absolute name, such as `icap://localhost:1344/AVSCAN`, at an address.
    package init(_ service: String, at address: EngineAddress, link: EngineLink) {
        self.service = service
        self.address = address
        self.link = link
        isPlaintext = !address.isLocal
    }

    /// Has a file scanned.
    package func scan(_ subject: ScanSubject) async throws(AntivirusError) -> ScanOutcome {
        let source = try await subject.upload()
        let request = EngineRequest(
            opening: ICAPRequest.head(service: service, fileName: subject.fileName),
            body: EngineRequest.Body(source: source, framing: .chunked),
            replyEnd: .emptyLine,
            replyLimit: ICAPReply.limit
        )
        return try await link.outcome(of: request, source, at: address, for: subject) {
            reply throws(AntivirusError) in
            try ICAPVerdictRule.judge(reply)
        }
    }
}
