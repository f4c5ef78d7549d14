// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseClient
import GatehouseWire

/// Why a command has no result.
enum CommandFault: Error {
    /// The daemon answered with an error.
    case remote(RemoteError)
    /// There is no answer.
    case client(ClientError)
    /// The program itself will not go on.
    case local(APIError)
    /// A name is that of several hosts.
    case ambiguous(APIError, candidates: [JSONValue])

    /// The error object: the daemon's own, or one in its shape.
    var object: JSONValue {
        switch self {
        case .remote(let error): error.object
        case .client(.remote(let error)): error.json(requestID: error.requestID)
        case .client(.protocolViolation(let reason)): LocalFault.protocolViolation(reason).object
        case .client(let error): LocalFault.connectionLost(error.description).object
        case .local(let error): error.json(requestID: nil)
        case .ambiguous(let error, let candidates):
            error.json(requestID: nil).setting(
                "data",
                error.json(requestID: nil)["data"]?.setting("candidates", .array(candidates))
            )
        }
    }

    /// What ends the program.
    var status: ExitStatus {
        if case .client(let error) = self { ExitStatus(error) } else { .failed }
    }

    /// Tells it on standard error: as lines for people, or as one line of JSON.
    func write(isJSON: Bool) {
        if isJSON { return Diagnostics.writePlain(object.visibleText) }
        switch self {
        case .remote(let error): _ = SocketOptions.report(.remote(error.error))
        case .client(let error): _ = SocketOptions.report(error)
        case .local(let error): _ = SocketOptions.report(.remote(error))
        case .ambiguous(let error, let candidates):
            _ = SocketOptions.report(.remote(error))
            var table = Table()
            for host in candidates {
                table.add(["id", "displayName", "address"].map { (host[$0] ?? .null).readable })
            }
            for line in table.lines { Diagnostics.writePlain("    " + line) }
        }
    }
}
