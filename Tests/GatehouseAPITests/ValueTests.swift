// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import Testing

struct ValueTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_795_298_400_123, "2026-11-21T22:00:00.123Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"), (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
        ]
    )
    func `a time reads back as it was written`(milliseconds: Int64, text: String) {
        #expect(Timestamp(unixMilliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.unixMilliseconds == milliseconds)
    }

    @Test func `every day of four centuries reads back`() {
        for day in stride(from: Int64(-100_000), to: 100_000, by: 7) {
            let time = Timestamp(unixMilliseconds: day * 86_400_000 + 43_200_000)
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test func `a time out of the scale becomes the nearest on it`() {
        #expect(Timestamp(unixMilliseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(unixMilliseconds: .min).description == "0000-01-01T00:00:00.000Z")
    }

    @Test(
        arguments: [
            "", "2026-11-21", "2026-11-21T22:00:00", "2026-11-21T22:00:00+01:00", "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z", "1900-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T22:60:00Z",
            "2026-11-21T22:00:00.Z", "2026-11-21T22:00:00.1234567890Z", "2026-11-21 22:00:00Z", "+026-11-21T22:00:00Z",
            "2026-11-21T22:00:00.1x3Z", "2026-11-21T22:00:00.000ZZ", "２026-11-21T22:00:00Z",
        ]
    )
    func `what is no time in UTC is refused`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test(
        arguments: [
            ("0", 0), ("4096", 4096), ("15MiB", 15 << 20), ("200 MB", 200_000_000), ("1KiB", 1024), ("2kB", 2000),
            ("8GiB", 8 << 30), ("1GB", 1_000_000_000), ("7B", 7), ("9223372036854775807", Int64.max),
        ] as [(String, Int64)]
    )
    func `a size with a unit is so many bytes`(text: String, bytes: Int64) {
        #expect(ByteSize(text)?.bytes == bytes)
    }

    @Test(
        arguments: [
            "", "MiB", "-1", "+1", "1.5MiB", "1 ", "1  MiB", "15mib", "15M", "9223372036854775808", "9999999999GiB",
            "１",
            "1MiB ", "0x10",
        ]
    )
    func `what is no size is refused`(text: String) {
        #expect(ByteSize(text) == nil)
    }

    static let hexadecimal = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    static let base64 = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="

    @Test func `a pin is the same in every form that tools print`() throws {
        let pin = try #require(SHA256Pin("sha256:" + Self.hexadecimal))
        #expect(pin.hexadecimal == Self.hexadecimal)
        #expect(pin.curlForm == "sha256//" + Self.base64)
        let digits = Array(Self.hexadecimal.uppercased())
        let pairs = stride(from: 0, to: 64, by: 2).map { String(digits[$0...$0 + 1]) }.joined(separator: ":")
        for text in ["sha256:" + pairs, "sha256//" + Self.base64, "SHA256:" + Self.base64.dropLast()] {
            #expect(SHA256Pin(text) == pin, "\(text)")
        }
    }

    static let noPins: [String] = [
        "", "sha256:", hexadecimal, "md5:\(hexadecimal)", "sha256:\(hexadecimal)0", "sha256:\(hexadecimal.dropLast())",
        "sha256:\(base64)=", "sha256:\(base64.dropLast(2))1=", "sha256:\(hexadecimal.dropLast())g",
    ]

    @Test(arguments: noPins)
    func `what is no pin is refused`(text: String) {
        #expect(SHA256Pin(text) == nil)
    }
}
