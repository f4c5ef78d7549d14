// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Glibc

/// A file that is read into memory as a whole.
package enum WholeFile {
    /// The most bytes that are read: more than any request holds.
    package static let maximumBytes = 16 << 20

    /// Reads a file.
    package static func read(_ path: FilePath) throws(LocalFault) -> [UInt8] {
        let number = open(path.terminated, InputFile.flags)
        guard number >= 0 else { throw .unreadable(errno) }
        let file = Descriptor(owning: number)
        return try read(file.number)
    }

    /// Reads standard input to its end.
    package static func readStandardInput() throws(LocalFault) -> [UInt8] { try read(STDIN_FILENO) }

    private static func read(_ file: Int32) throws(LocalFault) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 || errno == EINTR else { throw .unreadable(errno) }
            bytes.append(contentsOf: chunk.prefix(max(0, count)))
            guard bytes.count <= maximumBytes else { throw .unreadable("it has more than \(maximumBytes) bytes") }
        }
    }
}
