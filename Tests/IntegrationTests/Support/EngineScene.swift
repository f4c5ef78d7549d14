// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc

/// A daemon whose engines are its own: no lab, no tokens.
final class EngineScene {
    let folder: TemporaryFolder
    let daemon: DaemonProgram

    /// Starts a daemon with these profiles, the first of which is the default one.
    init(in folder: TemporaryFolder, _ profiles: [(name: String, keys: String)]) throws {
        self.folder = folder
        let lines = profiles.map { "  \($0.name): {\($0.keys)}\n" }.joined()
        try folder.write("gatehouse.yaml", "defaultProfile: \(profiles[0].name)\nprofiles:\n\(lines)")
        daemon = try DaemonProgram(in: folder, configuration: folder.path("gatehouse.yaml"))
    }

    func connect() throws(SystemError) -> WireClient {
        try WireClient(daemon.socket, keeping: self)
    }

    /// Scans an open file.
    func scan(_ file: borrowing Descriptor, _ more: JSONValue = [:]) throws -> JSONValue {
        try connect().call("scanFile", Self.params(["fd": 0], more), [file.number])
    }

    /// Scans bytes in the message.
    func scan(content: String, _ more: JSONValue = [:]) throws -> JSONValue {
        let text = String(decoding: Base64.encode(Array(content.utf8)), as: UTF8.self)
        return try connect().call("scanFile", Self.params(["content": .string(text)], more))
    }

    private static func params(_ file: JSONValue, _ more: JSONValue) -> JSONValue {
        var params = more.object ?? JSONObject()
        params["file"] = file
        return .object(params)
    }

    func open(_ path: String, _ flags: Int32 = O_RDONLY) throws -> Descriptor {
        let number = Glibc.open(path, flags | O_CLOEXEC)
        guard number >= 0 else { throw SystemError.current("open") }
        return Descriptor(owning: number)
    }

    func file(_ content: String, _ flags: Int32 = O_RDONLY) throws -> Descriptor {
        let name = "file-\(UInt32.random(in: 0 ... .max))"
        try folder.write(name, content)
        return try open(folder.path(name), flags)
    }

    /// The check of a profile in `tokenStatus`.
    func check(_ profile: String) throws -> JSONValue {
        let reply = try connect().call("tokenStatus", ["profile": .string(profile)])
        return reply["result"]?["profiles"]?.array?.first?["check"] ?? .null
    }
}
