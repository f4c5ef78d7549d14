// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI
package import GatehousePlatform
package import GatehouseWire

/// One method of the daemon: the part of the pipeline between validation and reply that differs from method to method.
package protocol Method: Sendable {
    /// The name that requests carry.
    var name: String { get }

    /// Its shapes, and what a caller must be allowed to do; compiled with the first call, so nobody asks before.
    var schema: MethodSchema { get }

    /// How long a call may take where the caller does not say.
    var defaultDeadline: Duration { get }

    /// Whether calls reach an upstream, so that the audit names each of them, and before it is made too.
    var reachesUpstream: Bool { get }

    /// Whether the audit names its calls: all but those that only ask how the daemon is (contract section 3).
    var isAudited: Bool { get }

    /// The params that the audit keeps, each under its own name there; never a file's content nor a call's arguments.
    var auditedParameters: KeyValuePairs<String, AuditDetail> { get }

    /// Whether it is answered while the daemon takes on no new work.
    var isServedWhileDraining: Bool { get }

    /// Does what the call asks for, or begins it. Runs on the loop: whatever waits is returned as `waiting`.
    func invoke(_ call: MethodCall) throws(APIError) -> Invocation
}

extension Method {
    /// 10 s, the contract's default for all but scans and calls.
    package var defaultDeadline: Duration { .seconds(10) }

    /// Answered from what the daemon knows.
    package var reachesUpstream: Bool { false }

    /// Something is done, or looked at that is not everybody's.
    package var isAudited: Bool { true }

    /// The profile says enough.
    package var auditedParameters: KeyValuePairs<String, AuditDetail> { [:] }

    /// Work like any other.
    package var isServedWhileDraining: Bool { false }
}

/// What a method makes of a call.
package enum Invocation: Sendable {
    /// It is done.
    case finished(JSONValue)
    /// It is done, and the answer was written before: for what is asked much more often than it changes.
    case rendered(JSONText)
    /// The rest waits for something; cancelling the task that runs it ends the work.
    case waiting(@Sendable () async throws(APIError) -> JSONValue)
    /// The same for work that takes a content from `chunk` notifications, which the connection puts into the buffer.
    ///
    /// The buffer is completed only by the last chunk; where that cannot come any more, the task is cancelled.
    case receiving(ChunkBuffer, @Sendable () async throws(APIError) -> JSONValue)
}

/// One validated and authorised call.
package struct MethodCall: Sendable {
    /// The params, valid by the method's schema; an empty object where there were none.
    package let parameters: JSONValue
    /// The descriptors that came with the call's message, by index.
    package let files: [PassedFile]
    /// Who calls.
    package let peer: PeerIdentity
    /// Whether the call came by the administrators' socket.
    package let isAdmin: Bool
    /// Whose things the call is about: the caller's own; everybody's, as nil, on the administrators' socket.
    package var owner: UInt32? { isAdmin ? nil : peer.user }
    /// The caller's systemd unit, where a rule asks for it and it is known.
    package var unit: String?
    /// What the call may do, as the stage before said.
    package var permit = Permit()
    /// Names the call in the audit, in errors and upstream.
    package let requestID: RequestID
    /// When the last byte of the request had arrived.
    package let receivedAt: Instant
    /// When the caller stops waiting.
    package let deadline: Instant
    /// Tells the caller how far the work is; nil where it did not ask.
    package let progress: ProgressReport?
    /// The caller's connection, for what goes on telling after its answer; nil outside of one.
    package let channel: (any NotificationChannel)?

    /// The same without params and files, for what goes on after they have been taken: they may be large.
    package var withoutContent: MethodCall {
        var call = MethodCall(
            parameters: [:],
            peer: peer,
            isAdmin: isAdmin,
            requestID: requestID,
            receivedAt: receivedAt,
            deadline: deadline,
            progress: progress,
            channel: channel
        )
        call.unit = unit
        call.permit = permit
        return call
    }

    /// Describes a call.
    package init(
        parameters: JSONValue,
        files: [PassedFile] = [],
        peer: PeerIdentity,
        isAdmin: Bool = false,
        requestID: RequestID,
        receivedAt: Instant,
        deadline: Instant,
        progress: ProgressReport? = nil,
        channel: (any NotificationChannel)? = nil
    ) {
        self.parameters = parameters
        self.files = files
        self.peer = peer
        self.isAdmin = isAdmin
        self.requestID = requestID
        self.receivedAt = receivedAt
        self.deadline = deadline
        self.progress = progress
        self.channel = channel
    }
}

/// Takes progress from any thread; what the caller's connection cannot take is dropped.
package typealias ProgressReport = @Sendable (_ done: Int64, _ total: Int64?, _ unit: String) -> Void
