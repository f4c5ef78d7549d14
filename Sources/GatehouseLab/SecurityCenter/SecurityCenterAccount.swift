// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// An account that may use the Open API.
package struct SecurityCenterAccount: Sendable {
    /// The user's name, without the domain.
    package let user: String
    /// The password.
    package let password: String
    /// The domain, empty for an account of the Security Center itself.
    package let domain: String
    /// The key of the second step, where the account has one.
    package let secondStep: OneTimePassword?

    /// Makes an account.
    package init(user: String, password: String, domain: String = "", secondStep: OneTimePassword? = nil) {
        self.user = user
        self.password = password
        self.domain = domain
        self.secondStep = secondStep
    }

    /// Whether it is an account of the Security Center itself, and none of the system or of a domain.
    package var isInternal: Bool { domain.isEmpty }
}
