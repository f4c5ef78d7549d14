// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseWire

/// `gatehouse methods`.
package struct MethodsCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "methods",
        abstract: "List the methods, without asking a daemon.",
        discussion: "It lists what this program knows; a daemon of another version may have more or fewer."
    )

    @Flag(help: "Print one object a line.")
    var json = false

    @Flag(help: "List also what is planned and not there yet.")
    var planned = false

    @OptionGroup(visibility: .hidden) var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        let methods = SchemaCatalog.methods.filter { planned || !$0.isPlanned }
        var output = OutputStream()
        let lines = json ? methods.map { Self.object($0).text } : Self.lines(methods)
        for line in lines { output.writeLine(line) }
        try output.finish()
    }

    private static func lines(_ methods: [SchemaCatalog.Method]) -> [String] {
        var table = Table(["METHOD", "PERMISSION", "SUMMARY"])
        for method in methods {
            let mark = method.isPlanned ? "(planned) " : ""
            table.add([method.name, method.document.text(of: "permission"), mark + method.summary])
        }
        return table.lines
    }

    private static func object(_ method: SchemaCatalog.Method) -> JSONValue {
        var object = JSONObject()
        object["method"] = .string(method.name)
        for name in ["permission", "summary", "socket", "since"] { object[name] = method.document[name] }
        object["planned"] = .bool(method.isPlanned)
        return .object(object)
    }
}
