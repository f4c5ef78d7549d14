// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import Glibc

/// A real c-icap with Debian's virus_scan module, which asks a clamd.
final class CICAP: Sendable {
    /// Whether there is one on this machine.
    static let isInstalled = access(program, X_OK) == 0 && access(modules + "/virus_scan.so", R_OK) == 0
    private static let program = "/usr/bin/c-icap"
    private static let modules = "/usr/lib/x86_64-linux-gnu/c_icap"

    let port: UInt16
    /// Where it speaks TLS, if it does.
    let encryptedPort: UInt16
    private let child: ChildProgram

    /// Starts it and waits until it listens.
    ///
    /// As Debian configures it, it holds back 2 MiB and scans 5 MiB.
    init(
        in folder: TemporaryFolder,
        clamd: Clamd,
        holding: String = "2M",
        scanning: String = "5M",
        certificates: TestCertificates? = nil
    ) throws {
        port = UInt16.random(in: 20_000...24_999)
        encryptedPort = port + 5000
        try folder.makeFolder("icap")
        let path = folder.path("icap")
        let other = encryptedPort
        let encryption = certificates.map {
            ["TlsPort 127.0.0.1:\(other) cert=\($0.certificate) key=\($0.key)"]
        }
        let lines =
            [
                "PidFile \(path)/pid", "CommandsSocket \(path)/control", "StartServers 1", "MaxServers 1",
                "ThreadsPerChild 10", "ServerAdmin nobody", "ServerName localhost", "Port 127.0.0.1:\(port)",
                "TmpDir \(path)", "ModulesDir \(Self.modules)", "ServicesDir \(Self.modules)",
                "TemplateDir /usr/share/c_icap/templates/", "LoadMagicFile /etc/c-icap/c-icap.magic",
                "ServerLog \(path)/server.log", "AccessLog \(path)/access.log", "Module common clamd_mod.so",
                "clamd_mod.ClamdSocket \(clamd.socket)", "Service av virus_scan.so", "ServiceAlias AVSCAN av?",
                "virus_scan.ScanFileTypes TEXT DATA EXECUTABLE ARCHIVE GIF JPEG MSOFFICE",
                "virus_scan.PassOnError off", "virus_scan.DefaultEngine clamd", "virus_scan.SendPercentData 5",
                "virus_scan.StartSendPercentDataAfter \(holding)", "virus_scan.MaxObjectSize \(scanning)",
            ] + (encryption ?? [])
        try folder.write("icap/c-icap.conf", lines.joined(separator: "\n") + "\n")
        child = try ChildProgram(Self.program, ["-N", "-f", path + "/c-icap.conf"], errorLog: path + "/log")
        // It opens one port after the other; a busy machine once came between them.
        for port in certificates == nil ? [port] : [port, encryptedPort] { try awaitListening(port) }
    }

    private func awaitListening(_ port: UInt16) throws {
        let child = child
        guard let address = StreamAddress.numeric("127.0.0.1", port: port) else { throw TestFault("no address") }
        try waitUntil("c-icap listens: \(child.errors)") {
            let socket = try StreamSocket.open(for: address)
            var entry = pollfd(fd: socket.number, events: Int16(POLLOUT), revents: 0)
            guard (try? StreamSocket.connect(socket.number, to: address)) != nil, poll(&entry, 1, 1000) == 1 else {
                return false
            }
            return StreamSocket.failure(socket.number) == nil
        }
    }

    /// Ends it.
    func stop() {
        child.stop(SIGKILL)
    }
}
