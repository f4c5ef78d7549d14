// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseAPI
import GatehousePlatform
import GatehouseWire
import Glibc

/// A folder with files, a daemon that judges files by what they hold, and the program.
struct Scene {
    let folder: TemporaryFolder
    let daemon: FakeDaemon
    var program = Program()

    /// Without a script: "bad" is infected, "odd" is not scanned, "err" is an error, all else is clean.
    init(wrong: WireObserver.OnPurpose = [], _ script: @escaping FakeDaemon.Script = Scene.judge) throws {
        folder = try TemporaryFolder()
        daemon = try FakeDaemon(wrong: wrong, script)
        program.environment["GATEHOUSE_SOCKET"] = daemon.path
    }

    static func judge(_ request: FakeDaemon.Request, _ peer: FakeDaemon.Peer) {
        let content = request.files.first.map { String(decoding: $0, as: UTF8.self) }
        switch content {
        case nil: peer.fail(request, .descriptorMismatch)
        case "bad": peer.answer(request, FakeDaemon.verdict("infected", threats: ["Bad.Thing"]))
        case "odd": peer.answer(request, FakeDaemon.verdict("notScanned", reason: "encrypted"))
        case "err": peer.fail(request, .busy, message: "too much to do", hint: "come back")
        default: peer.answer(request, FakeDaemon.verdict("clean"))
        }
    }

    func path(_ name: String) -> String { folder.path(name) }

    /// Runs `gatehouse scan` with any arguments.
    func scan(_ arguments: String...) throws -> Program.Result {
        try program.run(bytes: (["scan"] + arguments).map { Array($0.utf8) })
    }
}
