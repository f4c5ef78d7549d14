// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseClient
import GatehousePlatform
import Glibc

/// `gatehouse init`.
package struct InitCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a first configuration, and say what is left to do.",
        discussion: """
            It writes gatehouse.yaml and makes the folder for credentials. A file that is there already is never \
            changed, and no secret is asked for: each goes into a file of its own.

            Examples:
              gatehouse init --client-id my-application
              gatehouse init --engine clamd
            """
    )

    /// The engines that a first configuration may have.
    enum Engine: String, ExpressibleByArgument, CaseIterable { case spe, clamd }

    /// The published addresses of the Antivirus API.
    enum Environment: String, ExpressibleByArgument, CaseIterable { case pre, pro }

    @Option(help: "The kind of engine: spe is the Antivirus API.")
    var engine = Engine.spe

    @Option(help: "spe: pre-production or production.")
    var environment = Environment.pro

    @Option(help: ArgumentHelp("spe: the GICAR client.", valueName: "id"))
    var clientId: String?

    @Option(help: ArgumentHelp("clamd: its socket.", valueName: "path"))
    var clamdSocket = "/run/clamav/clamd.ctl"

    @Option(help: ArgumentHelp("The profile's name; pre, pro or local where it is left out.", valueName: "name"))
    var profile: String?

    @Option(help: ArgumentHelp("The folder of the configuration.", valueName: "path"))
    var directory = "/etc/gatehouse"

    @Flag(help: .hidden)
    var json = false

    @OptionGroup(visibility: .hidden) var socketOptions: SocketOptions

    /// Made by the argument parser.
    package init() {}

    package func validate() throws {
        guard engine == .clamd || clientId?.isEmpty == false else {
            throw ValidationError(
                "--client-id is missing: the GICAR client of your application, or use --engine clamd."
            )
        }
        let texts = [clientId, profile, directory, clamdSocket].compactMap(\.self)
        guard !texts.contains(where: { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } })
        else {
            throw ValidationError("Control characters are not allowed in options.")
        }
        guard profile.map(StartingConfiguration.isProfileName) ?? true else {
            throw ValidationError("--profile takes 1 to 64 letters, digits, '.', '_' and '-'.")
        }
        guard directory.hasPrefix("/"), clamdSocket.hasPrefix("/") else {
            throw ValidationError("--directory and --clamd-socket take paths from the root.")
        }
        // What the configuration would be refused for.
        guard (clientId?.unicodeScalars.count ?? 0) <= 256 else {
            throw ValidationError("--client-id takes at most 256 characters.")
        }
        guard ![directory, clamdSocket].contains(where: Self.hasDots) else {
            throw ValidationError("--directory and --clamd-socket take paths without '.' and '..'.")
        }
        guard clamdSocket.utf8.count <= SocketPath.maximumBytes else {
            throw ValidationError("--clamd-socket takes a path of at most \(SocketPath.maximumBytes) bytes.")
        }
    }

    private static func hasDots(_ path: String) -> Bool {
        path.split(separator: "/").contains { $0 == "." || $0 == ".." }
    }

    package func run() throws {
        let configuration = StartingConfiguration(
            directory: directory,
            profile: profile ?? (engine == .spe ? environment.rawValue : "local"),
            engine: engine == .spe
                ? .spe(environment: environment.rawValue, clientID: clientId ?? "") : .clamd(socket: clamdSocket)
        )
        var path = configuration.directory
        do throws(SystemError) {
            try Self.makeFolder(path, 0o755)
            path = configuration.credentials
            try Self.makeFolder(path, 0o700)
            path = configuration.file
            try Self.write(configuration.text, to: path)
        } catch {
            let isThere = error.code == EEXIST
            Diagnostics.write(isThere ? "\(path) exists already; it was not changed" : "\(path): \(error.reason)")
            if isThere { Diagnostics.write("hint: edit it, or choose another folder with --directory") }
            if error.code == EACCES || error.code == EPERM { Diagnostics.write("hint: sudo gatehouse init …") }
            throw ExitStatus.failed.exitCode
        }
        var output = OutputStream()
        output.writeLine("Wrote \(configuration.file)")
        for step in configuration.steps { output.writeLine(step) }
        try output.finish()
    }

    private static func makeFolder(_ path: String, _ mode: mode_t) throws(SystemError) {
        if mkdir(path, mode) == 0 { return }
        guard errno == EEXIST else { throw .current("mkdir") }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .current("stat") }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemError(code: ENOTDIR, call: "mkdir") }
    }

    /// Writes a new file; one that is there, a symbolic link included, is left alone.
    private static func write(_ text: String, to path: String) throws(SystemError) {
        let number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard number >= 0 else { throw .current("open") }
        let file = Descriptor(owning: number)
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(file.number, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            guard count > 0 else {
                let fault = SystemError.current("write")
                unlink(path)
                throw fault
            }
            written += count
        }
    }
}
