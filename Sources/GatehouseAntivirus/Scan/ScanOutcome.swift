// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseTransfer

/// What a scan came to.
package struct ScanOutcome: Sendable {
    /// What the engine said.
    package var judgement: Judgement
    /// What was handed to the engine; nil where it cannot be told.
    package var digest: UploadDigest?
    /// How many bytes the engine was given to read; nil where it cannot be told.
    package var size: Int64?
    /// By what the engine's operator finds the scan; nil where the engine knows of no such name.
    package var traceID: String?

    /// What an engine said about the bytes of `digest`.
    package init(judgement: Judgement, digest: UploadDigest?, traceID: String?) {
        self.judgement = judgement
        self.digest = digest
        size = digest?.size
        self.traceID = traceID
    }

    /// What an engine said about a file of that size that it read by itself.
    package init(judgement: Judgement, size: Int64) {
        self.judgement = judgement
        self.size = size
    }
}
