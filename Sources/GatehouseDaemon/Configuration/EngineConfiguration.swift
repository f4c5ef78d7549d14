// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAntivirus

/// How a profile reaches an engine that it talks to itself: clamd, or an ICAP server.
package struct EngineConfiguration: Equatable, Sendable {
    /// Where it listens.
    package var address: EngineAddress
    /// How the server proves who it is, where it is reached by TLS; nil for clear text.
    package var trust: TrustConfiguration?
    /// The ICAP service in its absolute form, such as `icap://localhost:1344/AVSCAN`; nil for clamd.
    package var service: String?
    /// The test files that it may call clean and still be used.
    package var accepted: [Canary]
    /// The size of the largest file that it really scans, in bytes; nil for no bound that is known.
    package var maximumBytes: Int64?

    /// Puts one together.
    package init(
        address: EngineAddress,
        trust: TrustConfiguration? = nil,
        service: String? = nil,
        accepted: [Canary] = [],
        maximumBytes: Int64? = nil
    ) {
        self.address = address
        self.trust = trust
        self.service = service
        self.accepted = accepted
        self.maximumBytes = maximumBytes
    }
}
