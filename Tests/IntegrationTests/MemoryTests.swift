// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseWire
import Glibc
import Testing

/// Whether this process has CAP_SYS_PTRACE, whose number is 19 (capabilities(7)).
private func mayTrace() -> Bool {
    let status = (try? readFile("/proc/self/status")) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
    let set = line?.split(separator: "\t").last.flatMap { UInt64($0, radix: 16) } ?? 0
    return set & 1 << 19 != 0
}

/// Looks for credentials in the memory of the daemon that a core dump or swap could show.
///
/// The memory of `Secret` is left out: that is kept from both. Who looks needs the right to trace processes.
@Suite(.timeLimit(.minutes(2)), .enabled(if: mayTrace(), "the daemon's memory may not be read"))
struct MemoryTests {
    /// Where a part of the memory lies, and what lies there.
    private struct Region {
        let start: UInt
        let end: UInt
        let name: String
    }

    /// The writable parts of a process's memory that are not locked (proc(5), smaps).
    private func regions(of process: pid_t) throws -> [Region] {
        var regions: [Region] = []
        var last: Region?
        for line in try readFile("/proc/\(process)/smaps").split(separator: "\n") {
            let words = line.split(separator: " ", omittingEmptySubsequences: true)
            let range = words.first?.split(separator: "-") ?? []
            if range.count == 2, let start = UInt(range[0], radix: 16), let end = UInt(range[1], radix: 16) {
                let isWritable = words.count > 1 && words[1].hasPrefix("rw")
                last = isWritable ? Region(start: start, end: end, name: words.dropFirst(5).joined()) : nil
            } else if line.hasPrefix("VmFlags:"), let found = last {
                // memfd_secret(2) and mlock(2) both say lo.
                if !words.contains("lo") { regions.append(found) }
                last = nil
            }
        }
        return regions
    }

    /// The names of the parts of the memory in which a text stands.
    private func places(of texts: [(name: String, text: String)], in process: pid_t) throws -> [String] {
        let memory = open("/proc/\(process)/mem", O_RDONLY | O_CLOEXEC)
        try #require(memory >= 0)
        defer { close(memory) }
        var found: [String] = []
        var looked = 0
        for region in try regions(of: process) {
            var bytes = [UInt8](repeating: 0, count: Int(region.end - region.start))
            let count = pread(memory, &bytes, bytes.count, off_t(region.start))
            guard count > 0 else { continue }
            looked += count
            for (name, text) in texts {
                if contains(Array(text.utf8), bytes.prefix(count)) { found.append("\(name) in \(region.name)") }
            }
        }
        #expect(looked > 1 << 20)
        return found
    }

    private func contains(_ wanted: [UInt8], _ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var start = 0
            while start + wanted.count <= bytes.count, let base = bytes.baseAddress {
                let rest = bytes.count - start - wanted.count + 1
                guard let first = memchr(base + start, Int32(wanted[0]), rest) else { return false }
                if memcmp(first, wanted, wanted.count) == 0 { return true }
                start = UnsafeRawPointer(first) - base + 1
            }
            return false
        }
    }

    private func base64(_ text: String) -> String {
        String(decoding: Base64.encode(Array(text.utf8)), as: UTF8.self)
    }

    /// A secret that is so long that what is freed of it is not soon overwritten by something else.
    private let long = (0..<700).map { "planted\($0 * 7919)" }.joined()

    /// Parts of a text; of a copy of it that is overwritten at its beginning or end, others are left.
    private func parts(_ name: String, of text: String) -> [(name: String, text: String)] {
        let bytes = Array(text.utf8)
        return stride(from: 512, to: bytes.count - 512, by: 1000).map { start in
            (name, String(decoding: bytes[start..<(start + 40)], as: UTF8.self))
        }
    }

    /// Everything that stands for a secret, with its other forms.
    private func forms(_ name: String, _ secret: String) -> [(name: String, text: String)] {
        parts(name, of: secret) + parts("base64 of \(name)", of: base64(secret))
            + parts("base64 of \(name), behind the user", of: base64("gatehouse-lab:" + secret))
    }

    private func expectNothing(of texts: [(name: String, text: String)], in scene: Scene) throws {
        #expect(try places(of: texts, in: scene.daemon.program.process) == [])
        // What is certainly there, so that looking finds something.
        let known = try places(of: [("its configuration", "gatehouse.yaml")], in: scene.daemon.program.process)
        #expect(!known.isEmpty)
    }

    @Test func `after a login the account's password is nowhere in ordinary memory, as it is or in base64`() throws {
        let scene = try Scene { configuration, lab in
            try lab.writeCredential("ksc-password", long)
            return configuration
        }
        let client = try scene.connect()
        for _ in 0..<3 {
            let reply = try client.prepareGateway(["agent": .string(try scene.lab.host("MAIN-WS-1"))])
            #expect(reply.errorKind == "wrongCredentials", "\(reply.text)")
        }
        try expectNothing(of: forms("the password", long), in: scene)
    }

    @Test(arguments: ["body", "basic"])
    func `after a token request the client's secret is nowhere in ordinary memory`(authentication: String) throws {
        let scene = try Scene { configuration, lab in
            try lab.writeCredential("gicar-secret", long)
            let line = "clientAuthentication: "
            return configuration.replacing("\(line)body", with: line + authentication)
        }
        #expect(try scene.scan("hello\n").errorKind == "wrongCredentials")
        try expectNothing(of: forms("the secret", long), in: scene)
    }
}
