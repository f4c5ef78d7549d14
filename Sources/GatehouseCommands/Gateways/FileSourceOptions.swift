// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseAPI
import GatehouseClient
import GatehouseWire

/// What `gatehouse gateway get` fetches.
struct FileSourceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file of the host's diagnostics, as NagRdu.GetCurrentHostState names it.",
            valueName: "name"
        )
    )
    var remoteFile: String?

    @Option(help: ArgumentHelp("A path under /FTDR/ that a call through this gateway answered.", valueName: "path"))
    var path: String?

    @Option(help: ArgumentHelp("A network list, such as Quarantine, Backup or TIF.", valueName: "name"))
    var list: String?

    @Option(help: ArgumentHelp("The item of that list.", valueName: "id"))
    var item: String?

    @Option(help: ArgumentHelp("The product that has the list.", valueName: "product/version"))
    var product: ProductReference?

    @Flag(help: "Fetch the item packed.")
    var packed = false

    func validate() throws {
        guard [remoteFile, path, list].count(where: { $0 != nil }) == 1 else {
            throw ValidationError("Name one of --remote-file, --path and --list.")
        }
        guard (list == nil) == (item == nil) else { throw ValidationError("--list and --item go together.") }
        if list == nil, product != nil || packed { throw ValidationError("--product and --packed go with --list.") }
    }

    /// The source as the daemon takes it; where a file of the host's diagnostics lies is asked of its agent.
    func source(_ gateway: String, _ calls: inout DaemonCalls) throws -> JSONValue {
        if let list, let item {
            var object = JSONObject()
            object["list"] = .string(list)
            object["item"] = .string(item)
            object["product"] = product.map { .string($0.name) }
            object["version"] = product.map { .string($0.version) }
            if packed { object["packed"] = true }
            return ["listItem": .object(object)]
        }
        return ["path": .string(try path ?? location(gateway, &calls))]
    }

    private func location(_ gateway: String, _ calls: inout DaemonCalls) throws -> String {
        let method = "NagRdu.GetUrlToDownloadFileFromHost"
        let result = try calls.call(
            CallAgent.name,
            [
                "gateway": .string(gateway), "method": .string(method),
                "arguments": ["szwRemoteFile": .string(remoteFile ?? "")],
            ],
            about: method
        )
        guard let path = result["result"]?.string else {
            throw calls.report(.client(.protocolViolation(reason: "\(method) answered no path")))
        }
        return path
    }
}
