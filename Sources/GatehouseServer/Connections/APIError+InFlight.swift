// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI

extension APIError {
    /// A limit on requests in flight is reached: nothing is wrong with the request, it came too early.
    static func tooManyInFlight(_ message: String) -> APIError {
        // Nobody knows when one of them will be answered; the caller hears of its own.
        APIError(.busy, message, retryAfterMilliseconds: 100, hint: "Wait for an answer to one of them.")
    }

    /// The kernel could not give the daemon a file that a caller passed.
    static var noDescriptorLeft: APIError {
        APIError(
            .descriptorMismatch,
            "the daemon has no descriptors left for the files of this message",
            isRetryable: true,
            retryAfterMilliseconds: 1000,
            hint: "Send them again on a new connection. An operator can raise LimitNOFILE= of the unit."
        )
    }

    /// A limit on memory is reached: there is room again when others' answers are read.
    ///
    /// It is that of one user, or of all for nil.
    static func tooMuchHeld(by user: UInt32?) -> APIError {
        let whose = user.map { "user \($0)'s" } ?? "all callers'"
        return APIError(
            .busy,
            "\(whose) messages, contents and unread replies take all the memory that they may",
            retryAfterMilliseconds: 1000,
            hint: "Read your replies, have fewer requests with contents in flight, and pass files as descriptors."
        )
    }
}
