// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseWire

/// The arguments of a call as people write them: `name=text`, `name:=JSON`, and `@FILE` for either.
///
/// `name=@FILE` is a file's content as a text, `name:=@FILE` a file's content as JSON. The first `=` ends the name. JSON is
/// taken as it is, so that the wrappers of KLPAR can be written; nothing is ever wrapped here.
enum CallArguments {
    /// Reads `name=value` arguments.
    ///
    /// Says what went wrong where it fails; throw what it throws.
    static func members(_ arguments: [FilePath]) throws -> JSONObject {
        var object = JSONObject()
        for argument in arguments {
            let (name, value) = try member(argument.bytes)
            guard object[name] == nil else { throw usage("the argument \(VisibleText.of(name)) is given twice") }
            object[name] = value
        }
        return object
    }

    /// Reads the value of `--arguments`: an object as JSON, `@FILE`, or `-` for standard input.
    static func object(_ argument: FilePath) throws -> JSONObject {
        guard let object = try ParameterArgument.value(argument, "--arguments is").object else {
            throw usage("--arguments must be a JSON object")
        }
        return object
    }

    private static func member(_ bytes: [UInt8]) throws -> (String, JSONValue) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "=")) else {
            throw usage("\(VisibleText.of(bytes)) is no argument: write name=text or name:=JSON")
        }
        let isJSON = end > 0 && bytes[end - 1] == UInt8(ascii: ":")
        let name = try text(Array(bytes[..<(isJSON ? end - 1 : end)]), "an argument's name")
        guard !name.isEmpty else { throw usage("\(VisibleText.of(bytes)) has no name before the = sign") }
        let value = try content(Array(bytes[(end + 1)...]))
        return (name, isJSON ? try json(value, name) : .string(try text(value, name)))
    }

    /// What was written, or what the file holds where `@FILE` was.
    private static func content(_ bytes: [UInt8]) throws -> [UInt8] {
        guard bytes.first == UInt8(ascii: "@") else { return bytes }
        return try ParameterArgument.content(of: FilePath(bytes: Array(bytes.dropFirst())))
    }

    private static func text(_ bytes: [UInt8], _ subject: String) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw usage("\(VisibleText.of(subject)) is not UTF-8")
        }
        return text
    }

    private static func json(_ bytes: [UInt8], _ subject: String) throws -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw usage("\(VisibleText.of(subject)) is not JSON: \(error)")
        }
    }

    /// Says what is wrong with the command line; throw what it returns.
    private static func usage(_ message: String) -> ExitCode {
        Diagnostics.write(message)
        return ExitStatus.usage.exitCode
    }
}
