// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseAPI

/// Why a call to the daemon brought no result.
public enum ClientError: Error, Equatable, Sendable {
    /// Nobody can be asked at that path: no socket, no listener, or no right to connect.
    ///
    /// The reason is a whole sentence for a person and says what to do about it.
    case cannotReach(path: String, reason: String)
    /// The connection ended, or stayed silent too long, before the answer came; whether the work was done is unknown.
    case connectionLost(reason: String)
    /// The other side sent something that is no answer of a Gatehouse daemon; the connection is closed.
    case protocolViolation(reason: String)
    /// The request did not leave this process: a descriptor that is not open, or no descriptors left.
    case cannotSend(reason: String)
    /// The calling task was cancelled and no answer came within the time that is left to the daemon for one.
    case cancelled
    /// The daemon answered with an error.
    case remote(APIError)
}

extension ClientError: CustomStringConvertible {
    /// A sentence for a person.
    public var description: String {
        switch self {
        case .cannotReach(let path, let reason): "cannot reach the daemon at \(path): \(reason)"
        case .connectionLost(let reason): "the connection to the daemon was lost: \(reason)"
        case .protocolViolation(let reason): "the daemon's answer cannot be understood: \(reason)"
        case .cannotSend(let reason): "the request cannot be sent: \(reason)"
        case .cancelled: "cancelled"
        case .remote(let error): error.description
        }
    }
}
