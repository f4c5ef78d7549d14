// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The servers that the lab plays.
package enum Service: String, Sendable {
    /// Keycloak.
    case gicar
    /// The gateway with SPE behind it.
    case apiConnect
    /// The primary Security Center, with everything behind it.
    case securityCenter
}

/// One request on its way, held by the program between the laboratory's decisions.
package struct Exchange: Sendable {
    /// Its number among all requests of this run, from 1.
    package let sequence: Int
    /// Whose servers it came to; nil for the lab's first.
    package let tenant: String?
    /// The server it came to.
    package let service: Service
    /// The number of its connection among all of this run, from 1.
    package let connection: Int
    /// Its head.
    package let head: RequestHead
    /// What it asks for.
    package let operation: Operation
    /// Which call it is, for a Security Center.
    package let call: SecurityCenter.Description?
    /// The trace id that its answer carries.
    package let traceId: String
    /// The faults that befall it.
    package let faults: [Fault]
    /// Bytes of its body so far, framing aside; the program counts them.
    package var bytesReceived = 0
    /// The multipart file name, or the last component of the path; the program notes it.
    package var fileName: String?
    /// The `fileStatus` that its answer said, where that was sent whole; the program notes it.
    package var fileStatus: String?

    init(
        sequence: Int,
        tenant: String?,
        service: Service,
        connection: Int,
        head: RequestHead,
        operation: Operation,
        call: SecurityCenter.Description?,
        traceId: String,
        faults: [Fault]
    ) {
        self.sequence = sequence
        self.tenant = tenant
        self.service = service
        self.connection = connection
        self.head = head
        self.operation = operation
        self.call = call
        self.traceId = traceId
        self.faults = faults
    }

    /// What the request log and the counts call it.
    package var step: String { call?.call ?? operation.rawValue }

    /// After how many bytes of the body the connection is to be reset, if a fault says so.
    package var resetAfterBytes: Int? {
        faults.lazy.compactMap { if case .reset(let bytes?) = $0.kind { bytes } else { nil } }.first
    }
}

/// What the program is to do next with a request.
package enum NextStep: Sendable {
    /// Read the body, give up beyond the limit, then call `resume`.
    case collectBody(limit: Int)
    /// Read the body and drop it, then call `resume`.
    case discardBody
    /// Feed the body to the receiver and its file to a scanner, then call `finishUpload`.
    case receiveUpload(UploadReceiver)
    /// Scan the file with this absolute path if it truly lies on the share, then call `finishScan`.
    case scanPath(String)
    /// Answer.
    case reply(Delivery)
}

/// How an upload ended.
package enum UploadOutcome: Equatable, Sendable {
    /// The form broke its own rules, or was cut.
    case malformed
    /// The form is whole but has no file named `file`.
    case missing
    /// The file was scanned.
    case scanned(ScanSummary)
}

/// An answer and how it is to be sent.
package struct Delivery: Equatable, Sendable {
    /// What becomes of the answer on the connection.
    package enum Manner: Equatable, Sendable {
        /// It is sent whole.
        case whole
        /// Half of the body is sent under the length of the whole, then the connection is closed.
        case half
        /// The connection is reset instead.
        case reset
        /// Nothing is sent, and the connection stays open.
        case hang
    }

    /// The answer.
    package var response: Response
    /// Milliseconds to wait before.
    package var delay = 0
    /// What becomes of it.
    package var manner = Manner.whole
    /// Whether the connection is closed after it without a word.
    package var closesAfter = false
    /// Milliseconds between the pieces of a body that is not sent at once.
    package var drip = 0
    /// The `fileStatus` that it says, if it is a scan's and will be sent whole.
    package var fileStatus: String?
    /// How many bytes of filler follow the body, with `fillerEnd` after them.
    package var filler = 0
    /// What makes JSON of a body with filler.
    package static let fillerEnd = Array("\"}".utf8)
}
