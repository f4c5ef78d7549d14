// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire

/// A server that does what the lab does not, in the place of one of the lab's: a script of `Fixtures`.
final class StandInServer {
    private let folder: TemporaryFolder
    private let program: ChildProgram
    private let port: String

    /// One that repeats in its errors what it was sent, and a password that it knows.
    static func echoing(in folder: TemporaryFolder, password: String) throws -> StandInServer {
        try StandInServer("echoing_server.py", [password], in: folder)
    }

    /// One whose file service answers as the file's name says.
    static func files(in folder: TemporaryFolder) throws -> StandInServer {
        try StandInServer("file_server.py", [], in: folder)
    }

    /// The scan operation of an Antivirus API that answers before it has the file.
    static func hasty(in folder: TemporaryFolder) throws -> StandInServer {
        try StandInServer("hasty_server.py", [], in: folder)
    }

    private init(_ script: String, _ arguments: [String], in folder: TemporaryFolder) throws {
        self.folder = folder
        let files = (certificate: folder.path("stand-in.pem"), key: folder.path("stand-in.key"))
        let certificate = try ChildProgram(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                "-addext", "subjectAltName=DNS:localhost", "-keyout", files.key, "-out", files.certificate,
            ],
            errorLog: folder.path("openssl.log")
        )
        guard certificate.waitForEnd() == 0 else { throw TestFault("no certificate: \(certificate.errors)") }
        program = try ChildProgram(
            "/usr/bin/env",
            ["python3", fixture(script), files.certificate, files.key] + arguments,
            errorLog: folder.path("stand-in.log")
        )
        guard let port = program.readLine() else { throw TestFault("no server: \(program.errors)") }
        self.port = port
    }

    /// Writes a configuration like a scene's with this server in place of the lab's; returns its path.
    func configuration(from scene: Scene) throws -> String {
        guard let url = scene.lab.securityCenter["url"]?.string else { throw TestFault("the lab has no address") }
        let text = try readFile(scene.lab.configuration)
            .replacing(url, with: "https://localhost:\(port)")
            .replacing(
                "pinnedCertificate: \"\(try scene.lab.certificatePin())\"",
                with: "caFile: \(folder.path("stand-in.pem"))"
            )
        try folder.write("stand-in.yaml", text)
        return folder.path("stand-in.yaml")
    }

    /// A lab's configuration in which this server scans, and the lab gives the tokens.
    func scanning(_ configuration: String, _ lab: Lab) throws -> String {
        let lines = configuration.split(separator: "\n", omittingEmptySubsequences: false)
        func value(_ key: String) throws -> String {
            guard let line = lines.first(where: { $0.contains(key + ": \"") }) else { throw TestFault("no \(key)") }
            return String(line.split(separator: "\"")[1])
        }
        let (address, authority) = (try value("scanFile"), try value("caFile"))
        let both = try readFile(authority) + "\n" + readFile(folder.path("stand-in.pem"))
        try folder.write("authorities.pem", both)
        return configuration.replacing(address, with: "https://localhost:\(port)/scan")
            .replacing(authority, with: folder.path("authorities.pem"))
    }
}
