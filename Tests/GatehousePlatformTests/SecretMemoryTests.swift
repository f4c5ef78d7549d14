// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import GatehousePlatform
import Glibc
import Testing

@Suite struct SecretMemoryTests {
    /// The flags of the mapping that an address is in (proc_pid_smaps(5)).
    private func flags(of address: UnsafeRawPointer) -> [Substring] {
        guard let file = fopen("/proc/self/smaps", "r") else { return [] }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 4096)
        var isInside = false
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let words = text.split(whereSeparator: { $0 == " " || $0 == "\n" })
            if let range = words.first?.split(separator: "-"), range.count == 2,
                let low = UInt(range[0], radix: 16), let high = UInt(range[1], radix: 16)
            {
                isInside = (low..<high).contains(UInt(bitPattern: address))
            } else if isInside, words.first == "VmFlags:" {
                return Array(words.dropFirst())
            }
        }
        return []
    }

    @Test(arguments: [1, 100, 4096, 4097, 300_000])
    func `a secret is in memory that is locked and in no dump`(count: Int) throws {
        let secret = Secret([UInt8](repeating: 7, count: count))
        let flags = secret.withBytes { bytes in bytes.baseAddress.map { self.flags(of: $0) } ?? [] }
        #expect(flags.contains("dd"), "\(flags)")
        // `wf`: wiped in a child; `dc`: not in a child at all.
        #expect(flags.contains("wf") || flags.contains("dc"), "\(flags)")
        #expect(flags.contains("lo") == (SecretMemory.protection != .none), "\(flags)")
    }

    @Test(arguments: [1, 31, 32, 33, 64, 1000, 4095, 4096, 4097, 65_536, 1_000_000])
    func `memory is zero, as long as asked for, and zero again after its use`(count: Int) throws {
        for _ in 0..<3 {
            let memory = try #require(gatehouse_secret_allocate(count))
            let bytes = UnsafeMutableRawBufferPointer(start: memory, count: count)
            #expect(bytes.allSatisfy { $0 == 0 })
            for index in bytes.indices { bytes[index] = 0xAA }
            gatehouse_secret_free(memory, count)
        }
    }

    @Test func `blocks do not overlap, and what is freed is used again`() {
        var secrets: [Secret] = []
        for round in 0..<2000 {
            secrets.append(Secret([UInt8](repeating: UInt8(truncatingIfNeeded: round), count: round % 500 + 1)))
        }
        for (round, secret) in secrets.enumerated() {
            #expect(secret.withBytes { $0.count == round % 500 + 1 })
            #expect(secret.withBytes { bytes in bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: round) } })
        }
        secrets = []
        let first = Secret([1, 2, 3]).withBytes { UInt(bitPattern: $0.baseAddress) }
        let second = Secret([1, 2, 3]).withBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(first == second)
    }

    @Test func `threads that make and drop secrets do not disturb each other`() async {
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<4 { group.addTask { await Self.makeAndDrop(number) } }
            for await areWhole in group { #expect(areWhole) }
        }
    }

    @concurrent
    private static func makeAndDrop(_ number: Int) async -> Bool {
        (0..<5000).allSatisfy { round in
            let byte = UInt8(truncatingIfNeeded: number * 50 + round)
            return Secret([UInt8](repeating: byte, count: round % 100 + 1)).withBytes { $0.allSatisfy { $0 == byte } }
        }
    }
}
