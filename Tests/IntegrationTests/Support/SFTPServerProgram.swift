// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import Glibc

/// Debian's OpenSSH server on a port of this host, for the user that runs the tests.
final class SFTPServerProgram {
    /// Where the server's program is; nil where it is not installed.
    static let path: String? = ["/usr/sbin/sshd", "/sbin/sshd"].first { access($0, X_OK) == 0 }

    let port: UInt16
    /// The fingerprint of its key.
    let hostKey: String
    /// Whose account it is.
    let user: String
    /// The file with the private key that it lets in.
    let key: String
    private let folder: TemporaryFolder
    private let configuration: [String]
    private var program: ChildProgram?

    /// The listening process.
    var process: pid_t { program?.process ?? 0 }

    /// Starts a server; `more` are lines of its configuration (sshd_config(5)).
    init(in folder: TemporaryFolder, key type: String = "ed25519", _ more: [String] = []) throws {
        self.folder = folder
        key = folder.path("sftp-key")
        try Self.run(folder, "/usr/bin/ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-f", folder.path("host-key"))
        try Self.run(folder, "/usr/bin/ssh-keygen", "-q", "-t", type, "-N", "", "-f", key)
        let print = try ChildProgram(
            "/usr/bin/ssh-keygen",
            ["-l", "-f", folder.path("host-key.pub")],
            errorLog: folder.path("keygen.log")
        )
        hostKey = print.readLine()?.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? ""
        port = try Self.freePort()
        // sshd asks for its folder when it is root (sshd(8)).
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        configuration =
            [
                "Port \(port)", "ListenAddress 127.0.0.1", "HostKey \(folder.path("host-key"))", "PidFile none",
                "AuthorizedKeysFile \(key).pub", "StrictModes no", "UsePAM no", "PasswordAuthentication yes",
                "PermitRootLogin yes", "Subsystem sftp internal-sftp", "LogLevel VERBOSE",
            ] + more
        try start()
    }

    /// Starts it (again) and waits until it takes connections.
    func start() throws {
        try folder.write("sshd.conf", configuration.joined(separator: "\n") + "\n")
        program = try ChildProgram(
            Self.path ?? "",
            ["-D", "-e", "-f", folder.path("sshd.conf")],
            errorLog: folder.path("sshd.log")
        )
        try waitUntil("the SFTP server: \(log)") { log.contains("Server listening") }
    }

    func stop() {
        program?.stop(SIGTERM)
    }

    /// What it says.
    var log: String { (try? readFile(folder.path("sshd.log"))) ?? "" }

    private static func run(_ folder: TemporaryFolder, _ words: String...) throws {
        let program = try ChildProgram(words[0], Array(words.dropFirst()), errorLog: folder.path("keygen.log"))
        guard program.waitForEnd() == 0 else { throw TestFault("\(words[0]): \(program.errors)") }
    }

    /// A port that nobody uses right now.
    private static func freePort() throws -> UInt16 {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw SystemError.current("socket") }
        let descriptor = Descriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor.number, $0, length) == 0 ? getsockname(descriptor.number, $0, &length) : -1
            }
        }
        guard result == 0 else { throw SystemError.current("bind") }
        return UInt16(bigEndian: address.sin_port)
    }
}
