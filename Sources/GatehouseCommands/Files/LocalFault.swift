// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Glibc

/// Why something could not be passed to the daemon, or what came back was no answer.
///
/// The first two kinds are the daemon's own, with their codes: who reads the output needs not know on which side a file
/// was refused.
package struct LocalFault: Error, Equatable, Sendable {
    /// What happened.
    package enum Kind: String, Sendable {
        /// A folder, a pipe, a socket or a device.
        case fileRefused
        /// Not there, no permission, or a failed read.
        case fileUnreadable
        /// The connection ended before the answer.
        case connectionLost
        /// The answer was not understood.
        case protocolViolation
    }

    /// What happened.
    package let kind: Kind
    /// A sentence for a person.
    package let message: String

    /// A file that cannot be opened or read.
    static func unreadable(_ code: Int32) -> LocalFault {
        LocalFault(kind: .fileUnreadable, message: SystemError(code: code, call: "open").reason)
    }

    /// A file of the wrong sort.
    static func refused(_ message: String) -> LocalFault {
        LocalFault(kind: .fileRefused, message: message)
    }

    /// The error object in the daemon's shape; `code` is null for kinds that the daemon does not have.
    var object: JSONValue {
        let code: JSONValue =
            switch kind {
            case .fileRefused: -32009
            case .fileUnreadable: -32013
            case .connectionLost, .protocolViolation: nil
            }
        return [
            "code": code, "message": .string(message),
            "data": ["kind": .string(kind.rawValue), "retryable": .bool(kind == .connectionLost), "requestId": nil],
        ]
    }
}
