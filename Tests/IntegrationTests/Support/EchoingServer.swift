// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire

/// A Security Center that repeats in its errors what it was sent: `Fixtures/echoing_server.py`.
final class EchoingServer {
    private let folder: TemporaryFolder
    private let program: ChildProgram
    private let port: String

    /// `password` is one that it knows and repeats as well.
    init(in folder: TemporaryFolder, password: String = "") throws {
        self.folder = folder
        let files = (certificate: folder.path("echo.pem"), key: folder.path("echo.key"))
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
            ["python3", fixture("echoing_server.py"), files.certificate, files.key, password],
            errorLog: folder.path("echo.log")
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
                with: "caFile: \(folder.path("echo.pem"))"
            )
        try folder.write("echo.yaml", text)
        return folder.path("echo.yaml")
    }
}
