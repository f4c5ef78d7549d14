// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// One call that a plan allows, counted in the windows in which it was taken.
package struct PlanTicket: Equatable, Sendable {
    /// What it is for.
    package enum Kind: Sendable {
        /// `/scan-file`, `/scan-file-path`.
        case scan
        /// `/authentication`, `/refresh`: no scan goes out without them, so a share is theirs.
        case token
    }

    let kind: Kind
    let minute: Int64
    let hour: Int64
    /// Whether it was let out to see whether a refusal still stands.
    let isProbe: Bool
}
