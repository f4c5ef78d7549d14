// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What a gateway lives in.
public enum GatewayBinding: String, CaseIterable, Sendable {
    /// A session id, good on any connection and made anew once where it is lost.
    case session
    /// Exactly one connection to the server; the gateway is dead when that is.
    case connection
}
