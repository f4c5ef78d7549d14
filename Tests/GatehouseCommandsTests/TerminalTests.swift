// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// The program on a terminal.
@Suite(.timeLimit(.minutes(1))) struct TerminalTests {
    /// A pseudo terminal of 60 columns.
    final class Terminal: Sendable {
        private let master: Descriptor
        let program: Descriptor
        private let shown = Locked("")

        init() throws {
            // TIOCSPTLCK and TIOCGPTN (ioctl_tty(2)), which stand behind unlockpt(3) and ptsname(3): glibc shows
            // neither to Swift.
            let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
            var lock: Int32 = 0
            var index: UInt32 = 0
            guard master >= 0, ioctl(master, 0x4004_5431, &lock) == 0, ioctl(master, 0x8004_5430, &index) == 0 else {
                throw SystemError.current("ptmx")
            }
            self.master = Descriptor(owning: master)
            var size = winsize(ws_row: 24, ws_col: 60, ws_xpixel: 0, ws_ypixel: 0)
            _ = ioctl(master, UInt(TIOCSWINSZ), &size)
            let number = open("/dev/pts/\(index)", O_RDWR | O_NOCTTY | O_CLOEXEC)
            guard number >= 0 else { throw SystemError.current("open") }
            program = Descriptor(owning: number)
        }

        /// Reads until a text was shown.
        func wait(for text: String) {
            while !shown.withLock({ $0.contains(text) }), read(0x7FFF_FFFF) {}
        }

        /// All that was shown, without waiting for more.
        var text: String {
            while read(0) {}
            return shown.withLock { $0 }
        }

        private func read(_ timeout: Int32) -> Bool {
            var entry = pollfd(fd: master.number, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, timeout) > 0 else { return false }
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = Glibc.read(master.number, &bytes, bytes.count)
            guard count > 0 else { return false }
            shown.withLock { $0 += String(decoding: bytes.prefix(count), as: UTF8.self) }
            return true
        }
    }

    /// A daemon that answers when the terminal shows a text, and tells 50 percent before that.
    private static func scene(_ terminal: Terminal, awaiting text: String) throws -> Scene {
        var scene = try Scene { request, peer in
            if request.parameters["progress"] == true {
                peer.send([
                    "jsonrpc": "2.0", "method": "progress",
                    "params": ["id": request.id, "done": 5, "total": 10, "unit": "bytes"],
                ])
            }
            terminal.wait(for: text)
            peer.answer(request, FakeDaemon.verdict("clean"))
        }
        scene.program.environment["TERM"] = "xterm"
        try scene.folder.write("f")
        #expect(truncate(scene.path("f"), 4 << 20) == 0)
        return scene
    }

    @Test func `a bar with the daemon's progress is shown, and cleared before each line`() throws {
        let terminal = try Terminal()
        var scene = try Self.scene(terminal, awaiting: " 50%  0/1 files")
        scene.program.output = terminal.program.number
        scene.program.errors = terminal.program.number
        let result = try scene.scan(scene.path("f"))
        #expect(result.status == 0)
        let text = terminal.text
        #expect(text.contains("\r["))
        #expect(text.contains("\r\u{1B}[K\(scene.path("f")): \u{1B}[32mOK\u{1B}[0m\r\n-----"))
        #expect(scene.daemon.requests.first?.parameters["progress"] == true)
    }

    @Test func `JSON in a file leaves the terminal to the bar`() throws {
        let terminal = try Terminal()
        var scene = try Self.scene(terminal, awaiting: "0/1 files")
        scene.program.errors = terminal.program.number
        let result = try scene.scan("--json", scene.path("f"))
        #expect(try JSONValue(parsing: result.lines.joined())["result"]?["verdict"] == "clean")
        #expect(terminal.text.contains("\r\u{1B}[K-----"))
    }

    @Test(
        arguments: [
            (["--quiet"], [:], true), ([], ["TERM": "dumb"], false), (["--json"], [:], false),
        ] as [([String], [String: String], Bool)]
    )
    func `there is no bar where nobody wants one`(
        _ options: [String],
        _ variables: [String: String],
        _ isQuiet: Bool
    ) throws {
        let terminal = try Terminal()
        var scene = try Self.scene(terminal, awaiting: "")
        scene.program.output = terminal.program.number
        scene.program.errors = terminal.program.number
        scene.program.environment.merge(variables) { $1 }
        let result = try scene.program.run(bytes: (["scan"] + options + [scene.path("f")]).map { Array($0.utf8) })
        #expect(result.status == 0)
        #expect(scene.daemon.requests.first?.parameters["progress"] == nil)
        #expect(!terminal.text.contains("\u{1B}[K"))
        #expect(terminal.text.contains("SUMMARY") == !isQuiet)
    }

    @Test(arguments: [("1", false), ("", true)])
    func `colour is used on a terminal unless NO_COLOR says something`(_ value: String, _ isColoured: Bool) throws {
        let terminal = try Terminal()
        var scene = try Self.scene(terminal, awaiting: "")
        scene.program.output = terminal.program.number
        scene.program.environment["NO_COLOR"] = value
        #expect(try scene.scan(scene.path("f")).status == 0)
        #expect(terminal.text.contains("\u{1B}[32m") == isColoured)
    }
}
