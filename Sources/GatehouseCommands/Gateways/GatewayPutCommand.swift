// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// `gatehouse gateway put`.
package struct GatewayPutCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "put",
        abstract: "Send a file through a gateway.",
        discussion: """
            The path is one that NagRdu.GetUrlToUploadFileToHost answered through the same gateway.

            Example:
              gatehouse gateway put "$gateway" --path "$path" package.zip
            """
    )

    @Argument(help: ArgumentHelp("The gateway.", valueName: "handle"))
    var gateway: String

    @Argument(help: ArgumentHelp("The file to send.", valueName: "file"))
    var file: FilePath

    @Option(help: ArgumentHelp("A path under /FTUR/ that a call through this gateway answered.", valueName: "path"))
    var path: String

    @Flag(help: "Print the daemon's own object on one line, and errors likewise.")
    var json = false

    @OptionGroup var socketOptions: SocketOptions

    @OptionGroup var unusedProfile: UnusedProfile

    /// Made by the argument parser.
    package init() {}

    package func run() throws {
        var calls = try DaemonCalls(socketOptions, isJSON: json)
        var request = JSONObject()
        request["gateway"] = .string(gateway)
        request["target"] = ["path": .string(path)]
        request["file"] = ["fd": 0]
        if calls.isWatched { request["progress"] = true }
        let descriptor = Descriptor(owning: try ParameterArgument.open(file))
        let result: JSONValue
        do throws(CommandFault) {
            result = try calls.result(PutFile.name, .object(request), descriptors: [descriptor.number])
        } catch {
            throw calls.report(error)
        }
        var output = OutputStream()
        output.writeLine(json ? result.visibleText : FileTransferText.line(file, result))
        try output.finish()
    }
}
