// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseServer

/// The names of the audit's fields in the journal; `docs/logging.md` says what each one holds.
enum JournalField: String, CaseIterable {
    case requestID = "GATEHOUSE_REQUEST_ID"
    case method = "GATEHOUSE_METHOD"
    case peerUser = "GATEHOUSE_PEER_UID"
    case peerGroup = "GATEHOUSE_PEER_GID"
    case peerProcess = "GATEHOUSE_PEER_PID"
    case profile = "GATEHOUSE_PROFILE"
    case name = "GATEHOUSE_NAME"
    case server = "GATEHOUSE_SERVER"
    case via = "GATEHOUSE_VIA"
    case target = "GATEHOUSE_TARGET"
    case call = "GATEHOUSE_CALL"
    case gateway = "GATEHOUSE_GATEWAY"
    case path = "GATEHOUSE_PATH"
    case source = "GATEHOUSE_SOURCE"
    case filter = "GATEHOUSE_FILTER"
    case rule = "GATEHOUSE_RULE"
    case validate = "GATEHOUSE_STAGE_VALIDATE_USEC"
    case authorise = "GATEHOUSE_STAGE_AUTHORISE_USEC"
    case log = "GATEHOUSE_STAGE_LOG_USEC"
    case invoke = "GATEHOUSE_STAGE_INVOKE_USEC"
    case strip = "GATEHOUSE_STAGE_STRIP_USEC"
    case mapErrors = "GATEHOUSE_STAGE_MAP_ERRORS_USEC"
    case failedStage = "GATEHOUSE_FAILED_STAGE"
    case outcome = "GATEHOUSE_OUTCOME"
    case verdict = "GATEHOUSE_VERDICT"
    case reason = "GATEHOUSE_REASON"
    case size = "GATEHOUSE_SIZE"
    case sha256 = "GATEHOUSE_SHA256"
    case upstream = "GATEHOUSE_UPSTREAM"
    case upstreamStatus = "GATEHOUSE_UPSTREAM_STATUS"
    case upstreamCode = "GATEHOUSE_UPSTREAM_CODE"
    case traceID = "GATEHOUSE_TRACE_ID"
    case kind = "GATEHOUSE_KIND"
    case duration = "GATEHOUSE_DURATION_USEC"
    case lost = "GATEHOUSE_LOST"

    /// The time of a stage.
    init(_ stage: StageTimes.Stage) {
        self =
            switch stage {
            case .validate: .validate
            case .authorise: .authorise
            case .log: .log
            case .invoke: .invoke
            case .strip: .strip
            case .mapErrors: .mapErrors
            }
    }

    /// The field of a value in a message's metadata, or of one of the audit's details: `GATEHOUSE_` and its name in upper case.
    ///
    /// journald takes letters, digits and underscores, at most 64 in all (systemd.journal-fields(7)).
    static func name(ofMetadata key: String) -> String {
        let letters = key.utf8.prefix(54).map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "_")
            }
        }
        return "GATEHOUSE_" + String(decoding: letters, as: UTF8.self)
    }
}
