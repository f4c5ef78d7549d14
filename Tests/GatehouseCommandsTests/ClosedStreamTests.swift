// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Testing

/// The program where standard input, output or error is closed when it starts.
@Suite(.timeLimit(.minutes(1))) struct ClosedStreamTests {
    /// A name that would be a request if its line got into the daemon's socket.
    private static let request = #"{"jsonrpc":"2.0","id":77,"method":"ping"}"#

    @Test(arguments: [[1], [0, 1], [0, 1, 2]] as [[Int32]])
    func `no line of output gets to the daemon`(_ closed: [Int32]) throws {
        var scene = try Scene()
        try scene.folder.write(Self.request, "ok")
        try scene.folder.write("a.txt", "ok")
        scene.program.closed = closed
        scene.program.folder = scene.folder.path
        let result = try scene.scan("-q", "-j1", Self.request, "a.txt", "a.txt")
        #expect(result.status == 2)
        let told = "gatehouse: standard output: Bad file descriptor\n"
        #expect(result.errors == (closed.contains(2) ? "" : told))
        // It ends with the first line that cannot be written, and has sent the next file by then.
        #expect((1...2).contains(scene.daemon.requests.count))
        #expect(scene.daemon.requests.allSatisfy { $0.method == "scanFile" })
    }

    @Test(arguments: [["ping"], ["methods"], ["--help"], ["scan", "--help"], ["help", "scan"], ["--version"]])
    func `what cannot be printed is a failure`(_ arguments: [String]) throws {
        var scene = try Scene { request, peer in peer.answer(request, ["pong": true, "version": "9"]) }
        scene.program.closed = [1]
        let result = try scene.program.run(bytes: arguments.map { Array($0.utf8) })
        #expect(result.status == 2)
        #expect(result.errors == "gatehouse: standard output: Bad file descriptor\n")
    }

    @Test func `nothing to print needs no output, and something infected is still told by the exit code`() throws {
        var scene = try Scene()
        try scene.folder.write("good", "ok")
        try scene.folder.write("bad", "bad")
        scene.program.closed = [1]
        #expect(try scene.scan("--infected", scene.path("good")).status == 0)
        #expect(try scene.scan(scene.path("bad")).status == 1)
    }

    @Test func `standard input that is closed cannot be scanned`() throws {
        var scene = try Scene()
        try scene.folder.write("a.txt", "ok")
        scene.program.closed = [0]
        scene.program.folder = scene.folder.path
        let result = try scene.scan("-j1", "a.txt", "-")
        #expect(result.status == 2)
        #expect(result.lines == ["a.txt: OK", "-: fileUnreadable NOT SCANNED"])
        #expect(result.errors.contains("-: Bad file descriptor"))
        #expect(try scene.program.run("rpc", "ping", "-").status == 2)
    }

    @Test func `without standard error only what would stand there is missing`() throws {
        var scene = try Scene()
        try scene.folder.write("good", "ok")
        try scene.folder.write("err", "err")
        scene.program.folder = scene.folder.path
        let complete = try scene.scan("-j1", "good", "err", "none")
        scene.program.closed = [2]
        let result = try scene.scan("-j1", "good", "err", "none")
        #expect(result.status == complete.status)
        #expect(result.output == complete.output)
        #expect(result.errors.isEmpty && !complete.errors.isEmpty)
    }
}
