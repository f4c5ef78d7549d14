// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab
internal import NIOSSL

/// What the servers of the Antivirus API show of themselves, by fault.
struct ShownCertificates: Sendable {
    private let right: NIOSSLContext
    private let otherName: NIOSSLContext
    private let expired: NIOSSLContext
    private let untrusted: NIOSSLContext

    /// Loads them; nobody but a Security Center's administrator trusts `untrusted`, which has the right name.
    init(_ certificates: Certificates, untrusted: PinnedCertificate) throws(StartError) {
        let key = certificates.keyFile
        right = try Listeners.context(certificateFile: certificates.certificateFile, keyFile: key)
        otherName = try Listeners.context(certificateFile: certificates.otherNameFile, keyFile: key)
        expired = try Listeners.context(certificateFile: certificates.expiredFile, keyFile: key)
        self.untrusted = try Listeners.context(
            certificateFile: untrusted.certificateFile,
            keyFile: untrusted.keyFile
        )
    }

    /// What a connection sees; nil for the right one.
    subscript(fault: Fault.CertificateFault?) -> NIOSSLContext {
        switch fault {
        case nil: right
        case .untrusted: untrusted
        case .otherName: otherName
        case .expired: expired
        }
    }
}
