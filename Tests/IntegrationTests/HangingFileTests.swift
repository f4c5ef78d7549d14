// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// A file on a mount that hangs costs only the user who passed it (contract section 3, "Passed files").
@Suite(
    .enabled(if: HangingFiles.isPossible, "needs root and /dev/fuse: files that hang are not tested"),
    .timeLimit(.minutes(2))
)
struct HangingFileTests {
    private static let limits = [
        "readerThreadsPerUid": 2, "uploads": 6, "uploadsPerUid": 4, "descriptorsPerUid": 32,
    ]

    @Test(arguments: ["read", "getattr", "flush"])
    func `a file that hangs costs only its owner, and nothing is left of it afterwards`(_ operation: String) throws {
        let scene = try Scene(limits: Self.limits)
        let program = scene.daemon.program
        let files = try HangingFiles(in: scene.folder)
        #expect(try scene.scan("hello\n").verdict == "clean")
        let owner = try scene.connect()
        for id in 0..<8 {
            let file = try files.open(operation)
            try owner.request("scanFile", ["file": ["fd": 0]], id: .number(JSONNumber(id)), [file.number])
        }
        try files.waitForHang()
        try files.waitForHang()

        let other = try scene.connect(as: Scene.otherUser)[0]
        for _ in 0..<5 {
            let file = try scene.file("hello\n")
            #expect(try other.call("scanFile", ["file": ["fd": 0]], [file.number]).verdict == "clean")
        }
        let own = try scene.connect()
        #expect(try own.answersPing())
        #expect(try own.call("tokenStatus")["result"] != nil)
        // Closes have one thread more than reads.
        #expect(threadsThatHang(program.process) <= 3)
        if operation != "flush" {
            #expect(threadsThatHang(program.process) == 2)
            let late = try files.open(operation)
            let params: JSONValue = ["file": ["fd": 0], "deadlineMs": 300]
            let reply = try own.call("scanFile", params, [late.number])
            #expect(reply.errorKind == "deadlineExceeded")
        }

        files.resume()
        for _ in 0..<8 { #expect(try owner.reply().verdict == "clean") }
        try waitUntil { files.descriptors(of: program.process) == 0 && threadsThatHang(program.process) == 0 }
        #expect(try scene.scan("hello\n").verdict == "clean")
    }

    @Test func `scans that were cut short leave no more descriptors open than their user may have`() throws {
        let scene = try Scene(limits: Self.limits)
        let program = scene.daemon.program
        let files = try HangingFiles(in: scene.folder)
        var refusals = 0
        for _ in 0..<4 {
            let owner = try scene.connect()
            for id in 0..<16 {
                let file = try files.open("getattr")
                let params: JSONValue = ["file": ["fd": 0], "deadlineMs": 100]
                do { try owner.request("scanFile", params, id: .number(JSONNumber(id)), [file.number]) } catch { break }
            }
            while let line = try owner.line() {
                let reply = try JSONValue(parsing: line)
                if reply.errorKind == "limitExceeded" {
                    refusals += 1
                } else {
                    #expect(reply.errorKind == "deadlineExceeded")
                }
                if reply["id"] == 15 { break }
            }
        }
        // How many of the files that were given up are closed already is the kernel's affair.
        #expect(refusals <= 2)
        #expect(files.descriptors(of: program.process) <= 32)
        let other = try scene.connect(as: Scene.otherUser)[0]
        let file = try scene.file("hello\n")
        #expect(try other.call("scanFile", ["file": ["fd": 0]], [file.number]).verdict == "clean")
        #expect(try scene.connect().answersPing())
        files.resume()
        try waitUntil { files.descriptors(of: program.process) == 0 }
        #expect(try scene.scan("hello\n").verdict == "clean")
    }

    @Test func `a daemon that is told to end does not wait for a file that hangs`() throws {
        let scene = try Scene(limits: Self.limits)
        let program = scene.daemon.program
        let files = try HangingFiles(in: scene.folder)
        let client = try scene.connect()
        let file = try files.open("read")
        try client.request("scanFile", ["file": ["fd": 0]], [file.number])
        try files.waitForHang()
        kill(program.process, SIGTERM)
        // The first signal lets what was accepted finish for ten seconds, the second one does not.
        try waitUntil { access(scene.daemon.socket, F_OK) != 0 }
        kill(program.process, SIGTERM)
        #expect(try client.reply().errorKind == "stopping")
        #expect(try client.line() == nil)
        // The kernel keeps a process for as long as one of its threads waits for a file system that took its request.
        try waitUntil { Self.state(program.process) == "Z" }
        files.resume()
        #expect(program.waitForEnd() == 0)
    }

    /// A look at credentials had no deadline, and neither had whoever waited behind it.
    @Test func `a reload that hangs ends for its caller at its deadline, and goes on when the file does`() throws {
        let folder = try TemporaryFolder()
        let scene = try Scene(daemon: ["--admin-listen", folder.path("admin")], in: folder) { text, _ in text }
        let files = try HangingFiles(in: folder)
        let admin = try WireClient(folder.path("admin"), keeping: scene)
        let text = try readFile(folder.path("gatehouse.yaml"))
        let file = try #require(text.split(separator: "caFile: ").last?.split(separator: "\n").first)
        try folder.write("gatehouse.yaml", text.replacing(file, with: files.path + "/open"))
        #expect(try admin.call("reload", ["deadlineMs": 300]).errorKind == "deadlineExceeded")
        try files.waitForHang()
        try folder.write("gatehouse.yaml", text + "\nlimits: {requestsPerUid: 77}\n")
        for method in ["reload", "reload", "reload", "tokenRefresh"] {
            #expect(try admin.call(method, ["deadlineMs": 300]).errorKind == "deadlineExceeded")
        }
        #expect(try scene.scan("hello\n").verdict == "clean")
        files.resume()
        try waitUntil { (try? admin.call("status")["result"]?["limits"]?["requestsPerUid"]) == 77 }
        let changed = try admin.call("reload")["result"]?["changed"]
        #expect(changed == [])
        // Those that waited for their turn were one.
        try waitUntil {
            let lines = scene.daemon.program.errors.split(separator: "\n")
            return lines.count { $0.contains("was reloaded") || $0.contains("was not reloaded") } == 3
        }
    }

    // MARK: What the kernel says

    /// How many of its threads wait for a FUSE file system.
    private func threadsThatHang(_ process: pid_t) -> Int {
        entries(of: "/proc/\(process)/task").count { thread in
            (try? readFile("/proc/\(process)/task/\(thread)/wchan"))?.hasPrefix("request_wait_answer") == true
        }
    }

    private static func state(_ process: pid_t) -> Substring? {
        (try? readFile("/proc/\(process)/stat"))?.split(separator: ")").last?.split(separator: " ").first
    }

    private func waitUntil(_ condition: () -> Bool) throws {
        for _ in 0..<4000 {
            if condition() { return }
            pause(milliseconds: 5)
        }
        throw TestFault("it did not come to that")
    }
}
