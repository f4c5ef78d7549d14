// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseTransfer

/// A file that went through a gateway, whole.
package struct TransferredFile: Sendable, Equatable {
    /// Its size and SHA-256.
    package let digest: UploadDigest
    /// The generation of the gateway's session that served it, from 1.
    package let generation: UInt64
}
