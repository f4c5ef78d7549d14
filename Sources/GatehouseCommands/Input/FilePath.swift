// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A path as the bytes that the kernel knows; never empty of meaning, never checked for UTF-8.
package struct FilePath: Equatable, Sendable {
    /// The bytes, without a final NUL.
    package let bytes: [UInt8]

    /// Takes a path's bytes.
    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The bytes with the NUL that system calls ask for.
    package var terminated: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

    /// The path of an entry of this folder.
    package func appending(_ name: [UInt8]) -> FilePath {
        let separator: [UInt8] = bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
        return FilePath(bytes: bytes + separator + name)
    }

    /// The name that the daemon and the engines get: the last component, as they take one.
    ///
    /// That is 1 to 255 bytes of UTF-8 without control characters; what is otherwise becomes `_`.
    package var scanName: String {
        let last = bytes.split(separator: UInt8(ascii: "/")).last.map(Array.init) ?? []
        if (1...255).contains(last.count), VisibleText.isPlain(last) { return String(decoding: last, as: UTF8.self) }
        var name = ""
        for piece in VisibleText.pieces(of: last) {
            let text = if case .character(let scalar) = piece, !scalar.isControl { String(scalar) } else { "_" }
            guard name.utf8.count + text.utf8.count <= 255 else { break }
            name += text
        }
        return name.isEmpty ? "_" : name
    }
}

extension FilePath: ExpressibleByArgument {
    /// Takes an argument of this process.
    package init(argument: String) {
        self.init(bytes: RawArguments.process.bytes(of: argument))
    }
}
