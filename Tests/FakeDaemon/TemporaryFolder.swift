// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import Glibc

/// A folder with a short path (a socket's address is short) that goes with its owner.
package final class TemporaryFolder: Sendable {
    /// Its path.
    package let path: String

    /// Makes an empty one.
    package init() throws(SystemError) {
        var template = Array("/tmp/gh-XXXXXX".utf8).map { CChar(bitPattern: $0) } + [0]
        guard mkdtemp(&template) != nil else { throw .current("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        Self.removeAll(Array(path.utf8))
    }

    private static func removeAll(_ path: [UInt8]) {
        let name = path.map { CChar(bitPattern: $0) } + [0]
        // Links are removed and not followed; only a folder with something in it is left then.
        if remove(name) == 0 { return }
        guard let stream = opendir(name) else { return }
        var entries: [[UInt8]] = []
        while let entry = readdir(stream), let offset = MemoryLayout<dirent>.offset(of: \.d_name) {
            let start = (UnsafeRawPointer(entry) + offset).assumingMemoryBound(to: CChar.self)
            let bytes = Array(UnsafeRawBufferPointer(start: start, count: strlen(start)))
            if bytes != [0x2E], bytes != [0x2E, 0x2E] { entries.append(path + [0x2F] + bytes) }
        }
        closedir(stream)
        for entry in entries { removeAll(entry) }
        _ = remove(name)
    }

    /// The bytes of the path of an entry.
    package func path(_ name: some Sequence<UInt8>) -> [UInt8] {
        Array(path.utf8) + [UInt8(ascii: "/")] + Array(name)
    }

    /// The path of an entry.
    package func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file.
    package func write(_ name: String, _ content: String = "") throws(SystemError) {
        try write(Array(name.utf8), content)
    }

    /// Writes a file whose name is any bytes.
    package func write(_ name: [UInt8], _ content: String) throws(SystemError) {
        let number = open(
            path(name).map { CChar(bitPattern: $0) } + [0],
            O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
            0o600
        )
        guard number >= 0 else { throw .current("open") }
        let file = Descriptor(owning: number)
        let bytes = Array(content.utf8)
        guard Glibc.write(file.number, bytes, bytes.count) == bytes.count else { throw .current("write") }
    }

    /// Makes a folder in it.
    package func makeFolder(_ name: String) throws(SystemError) {
        guard mkdir(path(name), 0o700) == 0 else { throw .current("mkdir") }
    }
}
