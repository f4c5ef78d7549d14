// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import Testing

/// Groups of short options with an `h` among them.
@Suite(.timeLimit(.minutes(1))) struct ShortOptionTests {
    @Test(
        arguments: [
            ["scan", "evil", "-xhz"], ["scan", "evil", "-abch"], ["scan", "-dash", "evil"], ["scan", "-dash"],
            ["scan", "evil", "-rxh"], ["scan", "evil", "-help"], ["scan", "evil", "-qjh", "8"],
            ["-xhz", "scan", "evil"],
            ["scan", "evil", "--name", "-dash"], ["scan", "evil", "--help=x"], ["scan", "evil", "-h=x"],
            ["rpc", "ping", "-xh"], ["token", "-xh", "status"], ["token", "status", "-xh"], ["ping", "-xh"],
        ]
    )
    func `an unknown option is wrong usage and no request for help`(_ arguments: [String]) throws {
        var scene = try Scene()
        try scene.folder.write("evil", "bad")
        scene.program.folder = scene.folder.path
        let result = try scene.program.run(bytes: arguments.map { Array($0.utf8) })
        #expect(result.status == 64)
        #expect(result.text.isEmpty)
        #expect(result.errors.contains("Error: "))
        #expect(scene.daemon.requests.isEmpty)
    }

    @Test(arguments: ["-xhz", "-dash", "-zq", "-z"])
    func `a file whose name looks like options is told how to be named, and scanned so`(_ name: String) throws {
        var scene = try Scene()
        try scene.folder.write(name, "bad")
        try scene.folder.write("a", "ok")
        scene.program.folder = scene.folder.path
        let letter = try #require(name.dropFirst().first)
        let refused = try scene.scan("a", name)
        #expect(refused.status == 64)
        #expect(refused.errors.hasPrefix("Error: Unknown option '-\(letter)'\nUsage: gatehouse scan "))
        let hint = "gatehouse: hint: \(name) is taken for options; a file of that name is ./\(name), or goes after --\n"
        #expect(refused.errors.hasSuffix(hint))
        #expect(try scene.scan("./\(name)").lines == ["./\(name): Bad.Thing FOUND"])
        #expect(try scene.scan("--", name).lines == ["\(name): Bad.Thing FOUND"])
    }

    @Test(
        arguments: [
            ["-h"], ["--help"], ["help"], ["help", "scan"], ["scan", "-h"], ["scan", "--help"], ["scan", "-r", "-h"],
            ["scan", "a", "-rh"], ["scan", "a", "-hqr"], ["scan", "a", "-j", "4", "-h"], ["token", "-h"],
            ["token", "status", "--json", "-h"], ["scan", "a", "-xhz", "--help"], ["--json", "--help"],
            ["--socket", "/nowhere", "ping", "-h"], ["--json", "help", "scan"],
        ]
    )
    func `whoever asks for help gets it`(_ arguments: [String]) throws {
        let result = try Program().run(bytes: arguments.map { Array($0.utf8) })
        #expect(result.status == 0)
        #expect(result.text.hasPrefix("OVERVIEW: "))
        #expect(result.errors.isEmpty)
    }
}
