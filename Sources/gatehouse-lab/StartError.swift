// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import Glibc

/// Why the lab cannot start, for people.
struct StartError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// A failed system call; to be made before `errno` changes.
    static func system(_ what: String) -> StartError {
        StartError("\(what): \(String(cString: strerror(errno)))")
    }
}

/// Text for people, on standard error.
enum Diagnostics {
    /// Writes one line.
    static func write(_ text: String) {
        _ = Files.writeAll(Array("gatehouse-lab: \(text)\n".utf8), to: STDERR_FILENO)
    }
}
