// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI

/// What a call that is allowed may do, as far as that shows only while it is worked on.
package struct Permit: Equatable, Sendable {
    /// The index of the policy's rule that allows it; nil without a policy.
    package var rule: Int?
    /// The largest file, in bytes; nil for any.
    package var maximumBytes: Int64?
    /// Whether the caller may give locations of its own.
    package var allowsLocations: Bool

    /// Describes a permit.
    package init(rule: Int? = nil, maximumBytes: Int64? = nil, allowsLocations: Bool = false) {
        self.rule = rule
        self.maximumBytes = maximumBytes
        self.allowsLocations = allowsLocations
    }

    /// The refusal of a file that is too large.
    package var fileTooLarge: APIError {
        APIError(
            .forbidden,
            "the policy allows this caller files of at most \(maximumBytes ?? 0) bytes",
            hint: "Ask the administrator; the size is a part of the policy's rules."
        )
    }
}

/// What the second stage says to a call.
package enum AccessDecision: Sendable {
    /// It may go on.
    case allowed(Permit)
    /// It may not; the rule is the one that decided, where one did.
    case refused(APIError, rule: Int?)
}
