// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import ArgumentParser
import GatehouseAPI
import GatehousePlatform
import GatehouseWire
import Glibc

/// `gatehouse gateway get`.
package struct GatewayGetCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Fetch a file through a gateway.",
        discussion: """
            The file must not exist yet; it is made for this user alone, and is there once all of it has come.

            Examples:
              gatehouse gateway get "$gateway" --remote-file trace-kes-1 trace.log
              gatehouse gateway get "$gateway" --list Quarantine --item 41 \\
                --product KES/11.0.0.0 item.bin
            """
    )

    @Argument(help: ArgumentHelp("The gateway.", valueName: "handle"))
    var gateway: String

    @Argument(help: ArgumentHelp("The file to make.", valueName: "file"))
    var file: FilePath

    @OptionGroup var sourceOptions: FileSourceOptions

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
        request["source"] = try sourceOptions.source(gateway, &calls)
        request["file"] = ["fd": 0]
        if calls.isWatched { request["progress"] = true }
        let made: NewFile
        do throws(SystemError) { made = try NewFile(at: file) } catch { throw failure(error) }
        let result: JSONValue
        do throws(CommandFault) {
            result = try calls.result(GetFile.name, .object(request), descriptors: [made.descriptor.number])
        } catch {
            made.discard()
            throw calls.report(error)
        }
        do throws(SystemError) { try made.keep() } catch { throw failure(error) }
        var output = OutputStream()
        output.writeLine(json ? result.visibleText : FileTransferText.line(file, result))
        try output.finish()
    }

    private func failure(_ error: SystemError) -> ExitCode {
        Diagnostics.write("\(VisibleText.of(file.bytes)): \(error.reason)")
        return ExitStatus.failed.exitCode
    }
}
