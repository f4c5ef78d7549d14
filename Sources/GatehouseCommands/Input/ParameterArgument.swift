// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehousePlatform
import GatehouseWire
import Glibc

/// Params as an argument: JSON, `@FILE` for a file that holds it, or `-` for standard input.
enum ParameterArgument {
    /// Reads them; nil is an empty object.
    ///
    /// Says what went wrong with `subject` where it fails; throw what it throws.
    static func value(_ argument: FilePath?, _ subject: String = "the parameters are") throws -> JSONValue {
        guard let argument else { return [:] }
        let bytes = try bytes(argument)
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            Diagnostics.write("\(subject) not JSON: \(error)")
            throw ExitStatus.usage.exitCode
        }
    }

    private static func bytes(_ argument: FilePath) throws -> [UInt8] {
        if argument.bytes == [UInt8(ascii: "-")] { return try read(STDIN_FILENO, "standard input") }
        guard argument.bytes.first == UInt8(ascii: "@") else { return argument.bytes }
        return try content(of: FilePath(bytes: Array(argument.bytes.dropFirst())))
    }

    /// What a file holds.
    static func content(of path: FilePath) throws -> [UInt8] {
        // It may be a pipe, whose writer is waited for.
        let file = Descriptor(owning: try open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC))
        return try read(file.number, VisibleText.of(path.bytes))
    }

    /// Opens a file for reading; it is the caller's.
    static func open(_ path: FilePath, _ flags: Int32 = InputFile.flags) throws -> Int32 {
        let number = Glibc.open(path.terminated, flags)
        guard number >= 0 else { throw failure(VisibleText.of(path.bytes)) }
        return number
    }

    private static func read(_ file: Int32, _ name: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 || errno == EINTR else { throw failure(name) }
            bytes.append(contentsOf: chunk.prefix(max(0, count)))
        }
    }

    /// Says why a file cannot be read; throw what it returns.
    private static func failure(_ name: String) -> ExitCode {
        Diagnostics.write("\(name): \(SystemError.current("open").reason)")
        return ExitStatus.failed.exitCode
    }
}
