// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// The folder with the credential files, and how one is read from it.
package struct CredentialStore: Equatable, Sendable {
    /// Who chose the folder.
    package enum Origin: Sendable {
        /// systemd, by `$CREDENTIALS_DIRECTORY`; it does not change while the service runs.
        case systemd
        /// `credentialsDirectory` of the configuration.
        case configuration
    }

    /// A credential that was read.
    package struct Credential: Sendable {
        /// The bytes, without one line break (LF or CR LF) at their end.
        package let secret: Secret
        /// Where it stood.
        package let path: String
        /// Whether every user of this host may read it, which nobody should leave so.
        package let isWorldReadable: Bool
        /// Whether it holds a line break or another control character, as a key in PEM form does.
        package let hasControlCharacters: Bool
    }

    /// Why a credential cannot be had; it names a file that was found and never what is in it.
    ///
    /// The name of one that was not found may be the secret itself, which somebody has written in its place.
    package struct Fault: Error, Equatable, Sendable {
        /// What is wrong.
        package let message: String
    }

    /// The most bytes of a credential.
    package static let maximumBytes = 64 << 10

    /// The folder; empty where there is none.
    package let directory: String
    /// Who chose it.
    package let origin: Origin

    /// Chooses the folder: systemd's, if it passes one, else the configured one.
    package init(configured: String?, environment: [String: String]) {
        let system = Self.systemDirectory(environment)
        directory = system ?? configured ?? ""
        origin = system == nil ? .configuration : .systemd
    }

    /// The folder that systemd passes, if it does (systemd.exec(5)).
    static func systemDirectory(_ environment: [String: String]) -> String? {
        environment["CREDENTIALS_DIRECTORY"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// The files in which a credential may stand, the first one that exists counts.
    ///
    /// `LoadCredential=gatehouse:DIRECTORY` puts each file NAME of that folder as `gatehouse_NAME` into systemd's own
    /// (systemd.exec(5)).
    private func paths(_ name: String) -> [String] {
        let names = origin == .systemd ? ["gatehouse_" + name, name] : [name]
        return names.map { "\(directory)/\($0)" }
    }

    /// Reads one credential by its name; it is not kept.
    ///
    /// One line break at the end, LF or CR LF, is not part of it, since editors and `echo` add one. An empty one is a fault.
    package func read(_ name: String) throws(Fault) -> Credential {
        // The schema refuses such names; this store must not depend on that.
        guard !name.isEmpty, name.utf8.first != UInt8(ascii: "."), !name.utf8.contains(UInt8(ascii: "/")) else {
            throw Fault(message: "is not the plain name of a file")
        }
        guard !directory.isEmpty else { throw Fault(message: "there is no folder with credentials") }
        let paths = paths(name)
        for path in paths {
            switch Self.read(path: path) {
            case .success(let credential?): return credential
            case .success(nil): throw Fault(message: "the credential file \(path) is empty")
            case .failure(let fault) where fault.isAbsent: continue
            case .failure(.system(let error)):
                throw Fault(message: "the credential file of this name in \(directory) cannot be read: \(error.reason)")
            case .failure(let fault):
                throw Fault(message: "the credential file \(path) cannot be read: \(fault.reason)")
            }
        }
        let names = origin == .systemd ? ", neither with gatehouse_ before it nor without" : ""
        throw Fault(message: "there is no credential file of this name in \(directory)\(names)")
    }

    /// Reads one file; nil where there is nothing in it.
    private static func read(path: String) -> Result<Credential?, SmallFile.Fault> {
        Result { () throws(SmallFile.Fault) in
            try SmallFile.read(path, limit: maximumBytes) { bytes, permissions in
                let content = withoutLineBreak(bytes[...])
                guard !content.isEmpty else { return nil }
                return Credential(
                    secret: Secret(content),
                    path: path,
                    isWorldReadable: permissions & 0o004 != 0,
                    hasControlCharacters: content.contains { $0 < 0x20 || $0 == 0x7F }
                )
            }
        }
    }

    private static func withoutLineBreak<Bytes: BidirectionalCollection<UInt8>>(_ bytes: Bytes) -> Bytes.SubSequence {
        guard bytes.last == UInt8(ascii: "\n") else { return bytes[...] }
        let line = bytes.dropLast()
        return line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    }
}
