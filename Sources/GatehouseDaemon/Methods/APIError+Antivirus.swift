// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform

extension APIError {
    /// The one place where failures of the Antivirus API get their kind on the wire.
    init(_ error: AntivirusError) {
        let kind: ErrorKind =
            switch error.code {
            case .unreachable: .upstreamUnreachable
            case .notTrusted: .upstreamNotTrusted
            case .timedOut: .upstreamTimeout
            case .refused, .tokenRejected, .tokenRenewed: .upstreamRefused
            case .failed: .upstreamFailed
            case .unintelligible: .upstreamAnswer
            case .wrongCredentials: .wrongCredentials
            case .rateLimited: .rateLimited
            case .tokenTooLong: .tokenTooLong
            case .failsOpen: .engineFailsOpen
            case .fileUnreadable: .fileUnreadable
            case .fileRefused: .fileRefused
            case .definitionsTooOld: .definitionsTooOld
            case .notAllowed: .forbidden
            case .cancelled: .cancelled
            case .unavailable: .busy
            }
        self.init(
            kind,
            error.message,
            isRetryable: Self.mayBeSentAgain(error) ? true : nil,
            retryAfterMilliseconds: error.retryAfter?.wholeMilliseconds,
            upstream: error.upstream.map {
                UpstreamError(name: $0.name, status: $0.status, code: $0.code, text: $0.text, traceID: $0.traceID)
            },
            outcome: error.code == .cancelled && error.requestMayHaveLeft ? .unknown : nil
        )
    }

    private static func mayBeSentAgain(_ error: AntivirusError) -> Bool {
        switch error.code {
        // A token that was not accepted is given up, so that the next call has another one.
        case .tokenRenewed, .tokenRejected: true
        // Said for whatever cut the scan short: a file may be scanned twice.
        case .cancelled: error.requestMayHaveLeft
        default: false
        }
    }
}
