// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import Glibc

/// A real clamd with signatures made a moment ago: the EICAR test file, and the one of Debian's clamav-testfiles.
final class Clamd: Sendable {
    /// Whether there is one on this machine.
    static let isInstalled = access(program, X_OK) == 0 && access("/usr/bin/clamdscan", X_OK) == 0
    private static let program = "/usr/sbin/clamd"

    let socket: String
    let configuration: String
    let port: UInt16?
    private let child: ChildProgram

    /// Starts it and waits until it listens.
    ///
    /// Without `alerts` it calls clean what it does not look into, as it does by default.
    init(in folder: TemporaryFolder, alerts: Bool = true, port: UInt16? = nil, _ more: String...) throws {
        let name = "clamd\(UInt16.random(in: 0 ... .max))"
        for part in [name, name + "/signatures", name + "/temporary"] { try folder.makeFolder(part) }
        let signature = eicar.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        try folder.write(name + "/signatures/test.ndb", "Eicar-Test-Signature:0:0:\(signature)\n")
        try folder.write(name + "/signatures/test.hdb", "aa15bcf478d165efd2065190eb473bcb:544:Clamav.Test.File\n")
        socket = folder.path(name + "/socket")
        configuration = folder.path(name + "/clamd.conf")
        self.port = port
        var lines = [
            "Foreground yes", "LocalSocket \(socket)", "DatabaseDirectory \(folder.path(name))/signatures",
            "TemporaryDirectory \(folder.path(name))/temporary", "MaxThreads 4",
        ]
        if alerts { lines += ["AlertEncrypted yes", "AlertExceedsMax yes"] }
        if let port { lines += ["TCPSocket \(port)", "TCPAddr 127.0.0.1"] }
        try folder.write(name + "/clamd.conf", (lines + more).joined(separator: "\n") + "\n")
        child = try ChildProgram(Self.program, ["--config-file", configuration], errorLog: folder.path(name + "/log"))
        let (socket, child) = (socket, child)
        try waitUntil("clamd listens: \(child.errors)") { (try? UnixSocket.connect(to: socket)) != nil }
    }

    /// Ends it.
    func stop() {
        child.stop(SIGKILL)
    }

    /// What `clamdscan --fdpass` says of the files of a folder, by path.
    func clamdscan(_ path: String, in folder: TemporaryFolder) throws -> [String: String] {
        let program = try ChildProgram(
            "/usr/bin/clamdscan",
            ["--config-file", configuration, "--fdpass", "--no-summary", path],
            errorLog: folder.path("clamdscan.log")
        )
        var answers: [String: String] = [:]
        while let line = program.readLine() {
            guard let colon = line.firstRange(of: ": ") else { continue }
            answers[String(line[..<colon.lowerBound])] = String(line[colon.upperBound...])
        }
        _ = program.waitForEnd()
        return answers
    }
}
