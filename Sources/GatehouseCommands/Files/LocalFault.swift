// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// Why something could not be passed to the daemon, or what came back was no answer.
///
/// A file that is refused here has the daemon's own kinds and codes: who reads the output needs not know on which side
/// it was refused.
package struct LocalFault: Error, Equatable, Sendable {
    /// The word for what happened.
    package let kind: String
    /// A sentence for a person.
    package let message: String
    /// The code of the kind; nil for kinds that the daemon does not have.
    private let code: Int?
    private let isRetryable: Bool

    /// A file that is not there, is not allowed, or cannot be read.
    static func unreadable(_ code: Int32) -> LocalFault {
        unreadable(SystemError(code: code, call: "open").reason)
    }

    /// A file that cannot be read, in words.
    static func unreadable(_ message: String) -> LocalFault {
        LocalFault(ErrorKind.fileUnreadable, message)
    }

    /// A folder, a pipe, a socket or a device.
    static func refused(_ message: String) -> LocalFault {
        LocalFault(ErrorKind.fileRefused, message)
    }

    /// The connection ended before the answer.
    static func connectionLost(_ message: String) -> LocalFault {
        LocalFault(kind: "connectionLost", message: message, code: nil, isRetryable: true)
    }

    /// The answer was not understood.
    static func protocolViolation(_ message: String) -> LocalFault {
        LocalFault(kind: "protocolViolation", message: message, code: nil, isRetryable: false)
    }

    /// A verdict that says clean, and lacks something or says something else as well.
    static let unknownAnswer = LocalFault(
        kind: "unknownAnswer",
        message: "the verdict is incomplete or contradicts itself",
        code: nil,
        isRetryable: false
    )

    /// An error that the daemon gave to the connection as a whole.
    init(_ error: APIError) {
        self.init(kind: error.word, message: error.message, code: error.code, isRetryable: error.isRetryable)
    }

    private init(_ kind: ErrorKind, _ message: String) {
        self.init(kind: kind.rawValue, message: message, code: kind.code, isRetryable: kind.isRetryable)
    }

    private init(kind: String, message: String, code: Int?, isRetryable: Bool) {
        self.kind = kind
        self.message = message
        self.code = code
        self.isRetryable = isRetryable
    }

    /// The error object in the daemon's shape; `code` is null for kinds that the daemon does not have.
    var object: JSONValue {
        [
            "code": code.map { .number(JSONNumber($0)) } ?? .null, "message": .string(message),
            "data": ["kind": .string(kind), "retryable": .bool(isRetryable), "requestId": nil],
        ]
    }
}
