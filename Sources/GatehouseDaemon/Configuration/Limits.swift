// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseServer

/// The daemon's limits: `limits` of the configuration, whose names these are.
package struct Limits: Equatable, Sendable {
    private static let server = ServerLimits()

    /// The bytes of one message.
    package var messageBytes = Self.server.messageBytes
    /// The levels of arrays and objects in a message.
    package var nesting = Self.server.nesting
    /// The elements of one batch.
    package var batchElements = Self.server.batchElements
    /// The values in a message.
    package var valuesPerMessage = Self.server.valuesPerMessage
    /// The bytes of a request's id.
    package var idBytes = Self.server.idBytes
    /// The descriptors that one message may carry; the kernel's own bound is 253 (SCM_MAX_FD).
    package var descriptorsPerMessage = Self.server.descriptorsPerMessage
    /// The requests in flight on one connection.
    package var requestsPerConnection = Self.server.requestsPerConnection
    /// The requests in flight of one user.
    package var requestsPerUid = Self.server.requestsPerUid
    /// The open connections.
    package var connections = Self.server.connections
    /// The open connections of one user.
    package var connectionsPerUid = Self.server.connectionsPerUid
    /// The milliseconds to finish a message that was started.
    package var messageTimeoutMs = Int(Self.server.messageTimeout.wholeMilliseconds)
    /// The bytes of replies that wait for one slow reader.
    package var outputBytes = Self.server.outputBytes
    /// The bytes of messages, of contents in flight and of unread replies on one user's connections.
    package var heldBytesPerUid = Self.server.heldBytesPerUid
    /// The same for all connections together.
    package var heldBytes = Self.server.heldBytes
    /// The descriptors of one user's messages that are not closed yet.
    package var descriptorsPerUid = Self.server.descriptorsPerUid
    /// The threads that read callers' files.
    package var readerThreads = 64
    /// The reader threads that one user's files may occupy.
    package var readerThreadsPerUid = 8
    /// The uploads of one profile at the same time.
    package var uploads = 64
    /// The uploads of one user to one profile at the same time.
    package var uploadsPerUid = 32
    /// The scans of one profile that wait for a call of its plan.
    package var waitingScans = 4096

    /// The open gateways.
    package var gateways = 4096
    /// The open gateways of one user.
    package var gatewaysPerUid = 1024

    /// The defaults.
    package init() {}

    /// Every limit by its key, as `status` shows them.
    package var values: [String: Int64] {
        Self.keys.mapValues { Int64(self[keyPath: $0]) }
    }

    /// The properties by their keys.
    static let keys: [String: any WritableKeyPath<Limits, Int> & Sendable] = [
        "batchElements": \.batchElements,
        "messageBytes": \.messageBytes, "nesting": \.nesting, "valuesPerMessage": \.valuesPerMessage,
        "idBytes": \.idBytes,
        "descriptorsPerMessage": \.descriptorsPerMessage,
        "requestsPerConnection": \.requestsPerConnection, "requestsPerUid": \.requestsPerUid,
        "connections": \.connections, "connectionsPerUid": \.connectionsPerUid,
        "messageTimeoutMs": \.messageTimeoutMs, "outputBytes": \.outputBytes, "readerThreads": \.readerThreads,
        "readerThreadsPerUid": \.readerThreadsPerUid, "uploads": \.uploads, "uploadsPerUid": \.uploadsPerUid,
        "heldBytesPerUid": \.heldBytesPerUid, "heldBytes": \.heldBytes, "waitingScans": \.waitingScans,
        "descriptorsPerUid": \.descriptorsPerUid, "gateways": \.gateways, "gatewaysPerUid": \.gatewaysPerUid,
    ]
}
