// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// The arguments of a call as people write them: `name=text`, `name:=JSON`, and `@FILE` for either.
///
/// `name=@FILE` is a file's content as a text, `name:=@FILE` a file's content as JSON. The first `=` ends the name. JSON is
/// taken as it is, so that the wrappers of KLPAR can be written; nothing is ever wrapped here.
package enum CallArguments {
    /// Why there are no arguments.
    package enum Fault: Error, Equatable {
        /// They are written in a way that means nothing; a sentence says which.
        case usage(String)
        /// A file cannot be read.
        case file(String)
    }

    /// Where the bytes of a file come from.
    package typealias Reader = (FilePath) throws(LocalFault) -> [UInt8]

    private static let at = UInt8(ascii: "@")

    /// Reads `name=value` arguments.
    package static func members(_ arguments: [FilePath], _ read: Reader) throws(Fault) -> JSONObject {
        var object = JSONObject()
        for argument in arguments {
            let (name, value) = try member(argument.bytes, read)
            guard object[name] == nil else { throw .usage("the argument \(VisibleText.of(name)) is given twice") }
            object[name] = value
        }
        return object
    }

    /// Reads the value of `--arguments`: an object as JSON, `@FILE`, or `-` for standard input.
    package static func object(_ argument: FilePath, _ read: Reader) throws(Fault) -> JSONObject {
        let bytes =
            argument.bytes == [UInt8(ascii: "-")]
            ? try standardInput() : try content(argument.bytes, read) ?? argument.bytes
        guard let object = try json(bytes, "--arguments").object else {
            throw .usage("--arguments must be a JSON object")
        }
        return object
    }

    private static func member(_ bytes: [UInt8], _ read: Reader) throws(Fault) -> (String, JSONValue) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "=")) else {
            throw .usage("\(VisibleText.of(bytes)) is no argument: write name=text or name:=JSON")
        }
        let isJSON = end > 0 && bytes[end - 1] == UInt8(ascii: ":")
        let name = try text(Array(bytes[..<(isJSON ? end - 1 : end)]), "an argument's name")
        guard !name.isEmpty else { throw .usage("\(VisibleText.of(bytes)) has no name before the = sign") }
        let written = Array(bytes[(end + 1)...])
        let value = try content(written, read) ?? written
        return (name, isJSON ? try json(value, name) : .string(try text(value, name)))
    }

    /// What the file holds, where `@FILE` is written.
    private static func content(_ bytes: [UInt8], _ read: Reader) throws(Fault) -> [UInt8]? {
        guard bytes.first == at else { return nil }
        let path = FilePath(bytes: Array(bytes.dropFirst()))
        do throws(LocalFault) {
            return try read(path)
        } catch {
            throw .file("\(VisibleText.of(path.bytes)): \(error.message)")
        }
    }

    private static func standardInput() throws(Fault) -> [UInt8] {
        do throws(LocalFault) {
            return try WholeFile.readStandardInput()
        } catch {
            throw .file("standard input: \(error.message)")
        }
    }

    private static func text(_ bytes: [UInt8], _ subject: String) throws(Fault) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .usage("\(VisibleText.of(subject)) is not UTF-8")
        }
        return text
    }

    private static func json(_ bytes: [UInt8], _ subject: String) throws(Fault) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: bytes)
        } catch {
            throw .usage("\(VisibleText.of(subject)) is not JSON: \(error)")
        }
    }
}
