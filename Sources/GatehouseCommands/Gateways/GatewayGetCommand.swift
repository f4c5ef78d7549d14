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
            The file must not exist yet; it is made for this user alone, and goes again where the transfer fails.

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
        let descriptor = try make()
        let result: JSONValue
        do throws(CommandFault) {
            result = try calls.result(GetFile.name, .object(request), descriptors: [descriptor.number])
        } catch {
            _ = unlink(file.terminated)
            throw calls.report(error)
        }
        var output = OutputStream()
        output.writeLine(json ? result.visibleText : FileTransferText.line(file, result))
        try output.finish()
    }

    /// Makes the file: one that is there is somebody's.
    private func make() throws -> Descriptor {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC
        let number = open(file.terminated, flags, 0o600)
        guard number >= 0 else {
            Diagnostics.write("\(VisibleText.of(file.bytes)): \(SystemError.current("open").reason)")
            throw ExitStatus.failed.exitCode
        }
        return Descriptor(owning: number)
    }
}
