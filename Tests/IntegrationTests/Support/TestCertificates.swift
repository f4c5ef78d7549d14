// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform

/// An authority of the test's own and a certificate for `localhost` that it signed, by the program `openssl`.
struct TestCertificates {
    /// The authority, and another one that signed nothing.
    let authority: String
    let otherAuthority: String
    let certificate: String
    let key: String
    /// The SHA-256 of the certificate, as `openssl` prints it.
    let pin: String

    init(in folder: TemporaryFolder) throws {
        authority = folder.path("ca.pem")
        otherAuthority = folder.path("other-ca.pem")
        certificate = folder.path("server.pem")
        key = folder.path("server.key")
        let new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-sha256"]
        for name in ["ca", "other-ca"] {
            let files = ["-keyout", folder.path(name + ".key"), "-out", folder.path(name + ".pem")]
            _ = try Self.openssl(folder, ["req", "-x509", "-days", "2", "-subj", "/CN=Test \(name)"] + new + files)
        }
        let request = folder.path("server.csr")
        _ = try Self.openssl(folder, ["req", "-new", "-subj", "/CN=localhost", "-keyout", key, "-out", request] + new)
        try folder.write("names", "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        let sign = ["-CA", authority, "-CAkey", folder.path("ca.key"), "-CAcreateserial", "-days", "2", "-sha256"]
        let files = ["-in", request, "-extfile", folder.path("names"), "-out", certificate]
        _ = try Self.openssl(folder, ["x509", "-req"] + sign + files)
        let print = try Self.openssl(folder, ["x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"])
        pin = "sha256:" + (print.split(separator: "=").last.map(String.init) ?? "")
    }

    private static func openssl(_ folder: TemporaryFolder, _ words: [String]) throws -> String {
        let program = try ChildProgram("/usr/bin/env", ["openssl"] + words, errorLog: folder.path("openssl.log"))
        let text = program.readAll()
        guard program.waitForEnd() == 0 else { throw TestFault("openssl \(words): \(program.errors)") }
        return text
    }
}
