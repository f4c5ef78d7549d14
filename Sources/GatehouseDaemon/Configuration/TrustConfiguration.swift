// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseAPI

/// How a server's certificate is verified.
package enum TrustConfiguration: Equatable, Sendable {
    /// By the certificate authorities of the system.
    case system
    /// By the certificate authorities that the PEM file held when the configuration was read, and by no other.
    case certificateAuthorities(pem: [UInt8])
    /// By its public key alone.
    case publicKey(SHA256Pin)
    /// By its certificate alone.
    case certificate(SHA256Pin)
}
