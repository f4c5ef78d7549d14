// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import FakeDaemon
import GatehousePlatform
import GatehouseWire
import Glibc
import Testing

/// Files that are strange, or do not stay what they are.
@Suite(.timeLimit(.minutes(2))) struct HostileDescriptorTests {
    private static let scan: JSONValue = ["file": ["fd": 0]]

    @Test func `as many descriptors as the kernel takes are refused and closed`() throws {
        let scene = try Scene()
        let file = try scene.file("hello\n")
        let before = try settledDescriptors(scene)
        for _ in 0..<20 {
            let client = try scene.connect()
            let numbers = [Int32](repeating: file.number, count: Int(GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS))
            try client.send(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, numbers)
            #expect(try client.reply().errorKind == "limitExceeded")
            #expect(try client.line() == nil)
        }
        #expect(try settledDescriptors(scene, atMost: before) <= before)
    }

    @Test func `descriptors that the kernel dropped are a mismatch, and the daemon goes on`() throws {
        let scene = try Scene(limits: ["descriptorsPerMessage": 253], descriptors: 64)
        let file = try scene.file("hello\n")
        let before = try settledDescriptors(scene)
        for _ in 0..<5 {
            let client = try scene.connect()
            try client.send(#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, [Int32](repeating: file.number, count: 100))
            #expect(try client.reply().errorKind == "descriptorMismatch")
            #expect(try client.line() == nil)
            // Those that came are closed by then: the next ones are not one user's too many.
            #expect(try settledDescriptors(scene, atMost: before) <= before)
        }
        #expect(try scene.scan("hello\n").verdict == "clean")
    }

    @Test func `one file may be passed many times`() throws {
        let scene = try Scene()
        let file = try scene.file(eicar)
        let client = try scene.connect()
        let scans = (0..<16).map {
            #"{"jsonrpc":"2.0","id":\#($0),"method":"scanFile","params":{"file":{"fd":\#($0)}}}"#
        }
        try client.send("[\(scans.joined(separator: ","))]", [Int32](repeating: file.number, count: 16))
        #expect(try client.reply().array?.compactMap(\.verdict) == [String](repeating: "infected", count: 16))
    }

    @Test func `a file counts as it was opened, wherever its name has gone and whoever may read it`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let deleted = try scene.file(eicar, name: "deleted")
        unlink(scene.folder.path("deleted"))
        #expect(try client.call("scanFile", Self.scan, [deleted.number]).verdict == "infected")
        let closed = try scene.file(eicar, name: "closed")
        chmod(scene.folder.path("closed"), 0)
        #expect(try client.call("scanFile", Self.scan, [closed.number]).verdict == "infected")
        let memory = Descriptor(owning: gatehouse_memory_file("test"))
        write(memory.number, eicar, eicar.utf8.count)
        #expect(try client.call("scanFile", Self.scan, [memory.number]).verdict == "infected")
        let both = try scene.open("closed", O_RDWR)
        #expect(try client.call("scanFile", Self.scan, [both.number]).verdict == "infected")
    }

    @Test func `sockets and what the kernel makes up are refused`() throws {
        let scene = try Scene()
        let client = try scene.connect()
        let socket = try UnixSocket.connect(to: scene.daemon.socket)
        let event = Descriptor(owning: eventfd(0, Int32(EFD_CLOEXEC)))
        let zero = Descriptor(owning: open("/dev/zero", O_RDONLY | O_CLOEXEC))
        for refused in [socket.number, event.number, zero.number] {
            #expect(try client.call("scanFile", Self.scan, [refused]).errorKind == "fileRefused")
        }
        // It has a size of 0 and holds bytes: never a clean verdict on nothing.
        let proc = Descriptor(owning: open("/proc/self/status", O_RDONLY | O_CLOEXEC))
        #expect(try client.call("scanFile", Self.scan, [proc.number]).verdict == "notScanned")
    }

    enum Change: CaseIterable {
        case shrinks, grows, isEmptied, isOverwritten, isReplaced
    }

    @Test(arguments: Change.allCases)
    func `a file that changes after the daemon has looked at it is not scanned`(_ change: Change) throws {
        let scene = try Scene(lab: ["--fault", "authentication:latency=3000"])
        let file = try scene.file(String(repeating: "a", count: 100_000), name: "victim")
        let client = try scene.connect()
        try client.request("scanFile", Self.scan, [file.number])
        // The file was looked at before the first token was asked for, and is read after the second one has come.
        while try scene.lab.count("token") == 0 { pause(milliseconds: 2) }
        let path = scene.folder.path("victim")
        switch change {
        case .shrinks: truncate(path, 99_999)
        case .isEmptied: truncate(path, 0)
        case .grows: truncate(path, 100_001)
        case .isOverwritten:
            let writer = try scene.open("victim", O_WRONLY)
            pwrite(writer.number, "b", 1, 50_000)
        case .isReplaced:
            try scene.folder.write("new", "b")
            rename(scene.folder.path("new"), path)
        }
        let reply = try client.reply()
        #expect(reply.verdict == "notScanned", "\(reply.text)")
        #expect(reply["result"]?["reason"] == "changedDuringScan")
    }

    /// Closes come a little later than replies.
    private func settledDescriptors(_ scene: Scene, atMost wanted: Int = 0) throws -> Int {
        let client = try scene.connect()
        var count = scene.daemon.program.openDescriptors
        for _ in 0..<200 {
            _ = try client.answersPing()
            count = scene.daemon.program.openDescriptors
            if count <= wanted { break }
            pause(milliseconds: 5)
        }
        return count
    }
}
