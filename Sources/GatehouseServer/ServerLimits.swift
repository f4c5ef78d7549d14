// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What a caller may use of the daemon (contract section 3), so that no caller can take it from another.
///
/// Each has a key under `limits:` in the configuration and is published by `status` under its own name.
package struct ServerLimits: Equatable, Sendable {
    /// Bytes of one message: room for a small file as base64; larger ones come as descriptors.
    package var messageBytes = 4 << 20
    /// Arrays and objects inside each other: no request needs more than a few.
    package var nesting = 64
    /// Elements of one batch: each costs memory beyond its bytes, and a turn of the loop takes them all.
    package var batchElements = 1024
    /// Strings, numbers, words, arrays and objects of one message: each costs many times its bytes, and a message is
    /// read in one turn of the loop.
    package var valuesPerMessage = 65536
    /// Bytes of a request's id, its quotes included: it is kept until it goes back with the answer.
    package var idBytes = 1024
    /// Descriptors with one message.
    package var descriptorsPerMessage = 16
    /// Requests that one connection may have in flight.
    package var requestsPerConnection = 64
    /// Requests that all connections of one user may have in flight.
    package var requestsPerUid = 1024
    /// Open connections.
    package var connections = 4096
    /// Open connections of one user; a web server is one user.
    package var connectionsPerUid = 1024
    /// Time to finish a message that has begun.
    package var messageTimeout = Duration.seconds(30)
    /// Bytes of replies that may wait for a slow reader.
    package var outputBytes = 8 << 20
    /// Bytes of messages, of contents in flight and of unread replies on all connections of one user, beyond a little for
    /// each of them: as many large messages as a web server sends at once.
    package var heldBytesPerUid = 192 << 20
    /// The same for all connections together: what the service may use at most (`MemoryMax=`) holds twice as much.
    package var heldBytes = 320 << 20
    /// Descriptors of one user that came with messages and are not closed yet: where that user's files hang, they
    /// would otherwise use up the daemon's.
    package var descriptorsPerUid = 4096

    /// The default limits.
    package init() {}
}
