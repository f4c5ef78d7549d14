// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A self-signed certificate as a Security Center makes one for itself, with the pin that clients compare.
struct PinnedCertificate {
    let certificateFile: String
    let keyFile: String
    /// `sha256:` and the SHA-256 of the certificate's DER form in hexadecimal digits.
    let pin: String

    /// Makes it anew in a folder, under a name without extension, with the configuration of `Certificates`.
    init(_ name: String, in directory: String) throws(StartError) {
        certificateFile = "\(directory)/\(name).pem"
        keyFile = "\(directory)/\(name).key"
        let derFile = "\(directory)/\(name).der"
        let hashFile = "\(directory)/\(name).sha256"
        let log = "\(directory)/openssl.log"
        for file in [certificateFile, keyFile, derFile, hashFile] { try Files.write("", to: file) }
        try Command.run(
            [
                "openssl", "req", "-config", "\(directory)/openssl.cnf", "-x509", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-extensions", "pinned", "-days", "30", "-subj",
                "/CN=Gatehouse lab \(name)", "-keyout", keyFile, "-out", certificateFile,
            ],
            output: log
        )
        try Command.run(
            ["openssl", "x509", "-in", certificateFile, "-outform", "DER", "-out", derFile],
            output: log
        )
        try Command.run(["openssl", "dgst", "-sha256", "-r", "-out", hashFile, derFile], output: log)
        let digits = Command.firstLines(of: hashFile).prefix(64)
        guard digits.utf8.count == 64 else { throw StartError("openssl gave no fingerprint of \(certificateFile)") }
        pin = "sha256:" + digits
    }
}
