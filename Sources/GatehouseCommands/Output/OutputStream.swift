// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import Glibc

/// Standard output, in our own buffer, so that a failed write is known.
package struct OutputStream: ~Copyable {
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    /// The first write that failed; nothing is written after it.
    package private(set) var failure: SystemError?

    /// Writes to a descriptor that stays the caller's.
    package init(_ descriptor: Int32 = STDOUT_FILENO) {
        self.descriptor = descriptor
    }

    /// Adds a line.
    package mutating func writeLine(_ line: String) {
        guard failure == nil else { return }
        buffer.append(contentsOf: line.utf8)
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= 64 * 1024 { flush() }
    }

    /// Writes out what was added.
    package mutating func flush() {
        var written = 0
        while written < buffer.count, failure == nil {
            let count = buffer.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                return write(descriptor, rest.baseAddress, rest.count)
            }
            if count >= 0 { written += count } else if errno != EINTR { failure = .current("write") }
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes out the rest and ends the program where not all of it was taken.
    ///
    /// A reader that went away is no fault to speak of; a full disk is.
    package consuming func finish(_ status: ExitStatus = .done) throws {
        flush()
        guard let failure else {
            if status != .done { throw status.exitCode }
            return
        }
        if failure.code != EPIPE { Diagnostics.write("standard output: \(failure.reason)") }
        throw (status == .done ? .failed : status).exitCode
    }
}

/// Standard error.
package enum Diagnostics {
    /// Writes a line that begins with the program's name.
    package static func write(_ message: String) {
        writePlain("gatehouse: \(message)")
    }

    /// Writes a text and a line end in one call, so that lines of several programs do not mix.
    package static func writePlain(_ text: String) {
        writeBytes("\(text)\n")
    }

    /// Writes a text as it is.
    static func writeBytes(_ text: String) {
        let bytes = Array(text.utf8)
        // There is no other place to tell of a failure here.
        _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
