// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@Suite struct SecretRecordTests {
    private static func write(_ body: (inout SecretWriter) -> Void) -> [UInt8] {
        var writer = SecretWriter()
        body(&writer)
        return writer.withBytes { Array($0) }
    }

    private static func record(longText: Int) -> [UInt8] {
        write { writer in
            writer.add(UInt8(7))
            writer.add(Int64.min)
            writer.add(true)
            writer.add(String(repeating: "ä", count: longText))
            writer.add(Secret("secret"))
            writer.add(Instant(nanoseconds: 1_000))
            writer.add(Duration.seconds(900))
            writer.add(String?.none) { $0.add($1) }
            writer.add([1, 2, 3]) { $0.add(UInt16($1)) }
        }
    }

    private static func read(_ bytes: [UInt8]) throws -> (String, String, Instant, Duration, [UInt16]) {
        try bytes.withUnsafeBytes { bytes in
            var reader = SecretReader(bytes)
            reader.shift = -400
            _ = try reader.number(UInt8.self)
            guard try reader.number(Int64.self) == .min, try reader.flag() else { throw SecretReader.Fault() }
            let text = try reader.text()
            let secret = try reader.secret().exposed()
            let instant = try reader.instant()
            let duration = try reader.duration()
            guard try reader.optional({ reader throws(SecretReader.Fault) in try reader.text() }) == nil else {
                throw SecretReader.Fault()
            }
            let numbers = try reader.array { reader throws(SecretReader.Fault) in try reader.number(UInt16.self) }
            guard reader.isAtEnd else { throw SecretReader.Fault() }
            return (text, secret, instant, duration, numbers)
        }
    }

    @Test(arguments: [0, 1, 2_000, 5_000, 100_000])
    func `what was written is read again, however long it is`(length: Int) throws {
        let (text, secret, instant, duration, numbers) = try Self.read(Self.record(longText: length))
        #expect(text.utf8.count == 2 * length)
        #expect(secret == "secret")
        #expect(instant == Instant(nanoseconds: 600))
        #expect(duration == .seconds(900))
        #expect(numbers == [1, 2, 3])
    }

    @Test func `a record that is cut anywhere is a fault`() {
        let record = Self.record(longText: 20)
        for count in 0..<record.count {
            #expect(throws: SecretReader.Fault.self) { try Self.read(Array(record.prefix(count))) }
        }
    }

    @Test func `a count beyond the end reserves nothing and is a fault`() {
        let record = Self.write { $0.add(UInt32.max) }
        record.withUnsafeBytes { bytes in
            for read: (inout SecretReader) throws -> Void in [
                { _ = try $0.bytes() }, { _ = try $0.secret() }, { _ = try $0.text() },
                { _ = try $0.array { reader throws(SecretReader.Fault) in try reader.flag() } },
            ] {
                var reader = SecretReader(bytes)
                #expect(throws: SecretReader.Fault.self) { try read(&reader) }
            }
        }
    }

    @Test func `a text that is not UTF-8 and a flag that is neither are faults`() {
        let text = Self.write { $0.add([0xFF, 0xFE]) }
        text.withUnsafeBytes { bytes in
            var reader = SecretReader(bytes)
            #expect(throws: SecretReader.Fault.self) { try reader.text() }
        }
        let flag = Self.write { $0.add(UInt8(2)) }
        flag.withUnsafeBytes { bytes in
            var reader = SecretReader(bytes)
            #expect(throws: SecretReader.Fault.self) { try reader.flag() }
        }
    }
}
