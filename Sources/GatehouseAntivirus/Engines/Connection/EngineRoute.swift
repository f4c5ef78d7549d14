// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseTransfer

/// How an engine is reached.
package enum EngineRoute: Sendable {
    /// In clear text.
    case plain(EngineAddress)
    /// By TLS, whose certificate is always verified.
    case encrypted(TLSServer)

    /// Whether files travel in clear text to another host.
    var isPlaintext: Bool {
        switch self {
        case .plain(let address): !address.isLocal
        case .encrypted: false
        }
    }
}
