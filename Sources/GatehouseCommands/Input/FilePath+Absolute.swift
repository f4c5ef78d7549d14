// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Glibc

extension FilePath {
    /// The path from the root: this one where it begins there, else below the working directory.
    ///
    /// The parts of a path that is made so, `.` and `..` among them, are worked out as text (as realpath(1) does with
    /// `-s`), since a symbolic link on the way may be what the engine knows the folder by.
    package var absolute: FilePath { absolute(below: Self.workingDirectory) }

    /// The same below any folder.
    package func absolute(below folder: FilePath) -> FilePath {
        guard bytes.first != UInt8(ascii: "/") else { return self }
        var parts: [[UInt8]] = []
        for part in folder.appending(bytes).bytes.split(separator: UInt8(ascii: "/")) {
            if part.elementsEqual("..".utf8) { _ = parts.popLast() }
            if !part.elementsEqual("..".utf8), !part.elementsEqual(".".utf8) { parts.append(Array(part)) }
        }
        return FilePath(bytes: [UInt8(ascii: "/")] + parts.joined(separator: [UInt8(ascii: "/")]))
    }

    /// The working directory as the shell calls it where that is right (pwd(1) with `-L`), else as the kernel does.
    private static var workingDirectory: FilePath {
        var here = stat()
        var named = stat()
        if let name = getenv("PWD"), name.pointee == CChar(bitPattern: UInt8(ascii: "/")), stat(".", &here) == 0,
            stat(name, &named) == 0, here.st_dev == named.st_dev, here.st_ino == named.st_ino
        {
            return FilePath(bytes: Array(UnsafeRawBufferPointer(start: name, count: strlen(name))))
        }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&buffer, buffer.count) != nil else { return FilePath(bytes: [UInt8(ascii: "/")]) }
        return FilePath(bytes: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) })
    }
}
