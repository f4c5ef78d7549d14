// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI

extension APIError {
    /// A limit on requests in flight is reached: nothing is wrong with the request, it came too early.
    static func tooManyInFlight(_ message: String) -> APIError {
        // Nobody knows when one of them will be answered; the caller hears of its own.
        APIError(.busy, message, retryAfterMilliseconds: 100, hint: "Wait for an answer to one of them.")
    }
}
