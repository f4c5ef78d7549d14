// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform

/// TLS before a server on a Unix socket: `Fixtures/tls_front.py`.
final class TLSFront: Sendable {
    /// How it ends a connection that the server has closed.
    enum End: String, CaseIterable, Sendable {
        /// As TLS has it.
        case close
        /// Without a word.
        case drop
    }

    let port: UInt16
    private let program: ChildProgram

    /// Starts it, and waits until it listens.
    init(
        before path: String,
        with certificates: TestCertificates,
        ending end: End = .close,
        in folder: TemporaryFolder
    ) throws {
        program = try ChildProgram(
            "/usr/bin/env",
            ["python3", fixture("tls_front.py"), certificates.certificate, certificates.key, path, end.rawValue],
            errorLog: folder.path("front.log")
        )
        guard let port = program.readLine().flatMap(UInt16.init) else { throw TestFault("no port: \(program.errors)") }
        self.port = port
    }

    /// Ends it: nobody listens then.
    func stop() {
        program.stop(9)
    }
}
