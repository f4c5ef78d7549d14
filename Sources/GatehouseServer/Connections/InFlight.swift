// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// One request that waits for its answer.
struct InFlight {
    let call: IncomingCall
    let waiting: Pipeline.Waiting
    let batch: BatchReplies?
    let task: TaskSpawner.Running
    let deadlineTimer: TimerID
    /// Its message, where that is no batch, and what its upload in chunks may hold.
    var heldBytes: Int
    /// Why the work was cancelled, where it was.
    var cancellation: Cancellation?

    enum Cancellation {
        case byCaller
        case byDeadline
        /// What it needs cannot come any more.
        case byFault(APIError)
    }

    /// What a caller reads whose work was cut short.
    ///
    /// `outcome` is unknown where bytes have gone upstream. What the work itself says on what to do, and on whether it may
    /// be done twice, goes before what the kind says.
    func error(after error: APIError) -> APIError {
        guard error.kind == .cancelled, let cancellation else { return error }
        var cut: APIError
        switch cancellation {
        case .byCaller: cut = APIError(.cancelled)
        case .byDeadline: cut = APIError(.deadlineExceeded)
        case .byFault(let fault): cut = fault
        }
        cut.outcome = error.outcome
        if error.outcome == .unknown, !error.isRetryable { cut.isRetryable = false }
        if let hint = error.hint, hint != ErrorKind.cancelled.hint { cut.hint = hint }
        return cut
    }
}

/// Collects the replies of a batch, which go out together (JSON-RPC 2.0 section 6).
// Unchecked because it is touched on the loop's thread alone, by the connection that made it.
final class BatchReplies: @unchecked Sendable {
    /// The room of an error, which is set aside for each reply.
    static let errorBytes = 512

    private var missing: Int
    private(set) var bytes: [UInt8] = []
    /// Why none of its requests is begun, where none is.
    var refusal: APIError?
    /// The bytes of its message, where its requests are begun.
    var heldBytes = 0
    /// The ids of its requests, which are in flight until all of them are answered.
    var ids: Set<MessageID> = []

    init(expecting count: Int) {
        missing = count
    }

    /// How many bytes the next reply may have so that the batch stays within `limit`.
    ///
    /// Each reply that is still missing has the room of an error set aside.
    func room(within limit: Int) -> Int {
        limit - bytes.count - missing * Self.errorBytes
    }

    /// Takes one reply and returns whether it was the last.
    func add(_ write: (inout [UInt8]) -> Void) -> Bool {
        bytes.append(UInt8(ascii: bytes.isEmpty ? "[" : ","))
        write(&bytes)
        missing -= 1
        guard missing == 0 else { return false }
        bytes.append(UInt8(ascii: "]"))
        return true
    }
}
