// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import GatehouseLab

/// A CA of the lab's own and a certificate for this machine's loopback names, made by the `openssl` command.
struct Certificates {
    let caFile: String
    let certificateFile: String
    let keyFile: String
    /// The same key under another host's name, signed by the CA.
    let otherNameFile: String
    /// The same key and name in a certificate whose time is over, signed by the CA.
    let expiredFile: String

    /// Makes all of them anew in a folder; private keys get mode 0600 by the process's umask.
    init(in directory: String) throws(StartError) {
        try Files.makePrivateDirectory(directory)
        let path = { (name: String) in "\(directory)/\(name)" }
        caFile = path("ca.pem")
        certificateFile = path("server.pem")
        keyFile = path("server.key")
        otherNameFile = path("server-other-name.pem")
        expiredFile = path("server-expired.pem")
        try Files.write(Self.configuration, to: path("openssl.cnf"))
        for name in ["ca.pem", "ca.key", "server.key", "server.csr"] { try Files.write("", to: path(name)) }

        var mint = TokenMint()
        let serial = { "0x1" + ByteCoding.hexadecimal(mint.bytes(15)) }
        let request = ["openssl", "req", "-config", path("openssl.cnf"), "-newkey", "ec"]
        let curve = ["-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        let log = path("openssl.log")
        try Command.run(
            request + curve + [
                "-x509", "-extensions", "ca", "-days", "30", "-set_serial", serial(), "-subj", "/CN=Gatehouse lab CA",
                "-keyout", path("ca.key"), "-out", caFile,
            ],
            output: log
        )
        try Command.run(
            request + curve + ["-subj", "/CN=localhost", "-keyout", keyFile, "-out", path("server.csr")],
            output: log
        )
        let sign = { (file: String, extensions: String, time: [String]) throws(StartError) in
            try Files.write("", to: file)
            let signer = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-set_serial", serial()]
            let names = ["-extfile", path("openssl.cnf"), "-extensions", extensions]
            let files = ["-in", path("server.csr"), "-out", file]
            try Command.run(["openssl", "x509", "-req"] + files + signer + names + time, output: log)
        }
        try sign(certificateFile, "server", ["-days", "30"])
        try sign(otherNameFile, "otherServer", ["-days", "30"])
        do {
            try sign(expiredFile, "server", ["-days", "-1"])
        } catch {
            // OpenSSL from 3.4 on refuses such a time, and can be told the dates, which no earlier one can.
            try sign(expiredFile, "server", ["-not_before", "20200101000000Z", "-not_after", "20200102000000Z"])
        }
    }

    /// A configuration of our own, since distributions ship different defaults.
    private static let configuration = """
        [req]
        distinguished_name = name
        prompt = no
        [name]
        CN = unused
        [ca]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, keyCertSign, cRLSign
        subjectKeyIdentifier = hash
        [server]
        basicConstraints = critical, CA:FALSE
        keyUsage = critical, digitalSignature
        extendedKeyUsage = serverAuth
        subjectKeyIdentifier = hash
        authorityKeyIdentifier = keyid
        subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
        [otherServer]
        basicConstraints = critical, CA:FALSE
        keyUsage = critical, digitalSignature
        extendedKeyUsage = serverAuth
        subjectKeyIdentifier = hash
        authorityKeyIdentifier = keyid
        subjectAltName = DNS:elsewhere.invalid
        [pinned]
        basicConstraints = critical, CA:TRUE
        keyUsage = critical, digitalSignature, keyCertSign
        extendedKeyUsage = serverAuth
        subjectKeyIdentifier = hash
        subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1

        """
}
