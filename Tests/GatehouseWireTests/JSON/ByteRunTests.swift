// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

/// The reader passes over plain bytes several at a time; where one stands must make no difference.
@Suite struct ByteRunTests {
    @Test(arguments: 0..<20) func `a string's special bytes are seen at any offset`(offset: Int) throws {
        for byte in UInt8.min ... .max {
            var text = [UInt8](repeating: UInt8(ascii: "n"), count: 20)
            text[offset] = byte
            let quoted = [0x22] + text + [0x22]
            switch byte {
            case 0..<0x20: expect(.controlCharacter, at: offset + 1, quoted)
            case 0x22: expect(.trailingData, at: offset + 2, quoted)
            case 0x5C where offset < 19: #expect(try JSONValue(parsing: quoted).string?.utf8.count == 19)
            case 0x5C: expect(.unexpectedEnd, at: 22, quoted)
            case 0x80...: expect(.invalidUTF8, at: offset + 1, quoted)
            default: #expect(try JSONValue(parsing: quoted) == .string(String(decoding: text, as: UTF8.self)))
            }
        }
    }

    @Test(arguments: 0..<20) func `any number of blanks of any kind may stand between tokens`(count: Int) throws {
        for other in [UInt8(0x20), 0x0A, 0x0D, 0x09] {
            for offset in 0..<max(count, 1) {
                var blanks = [UInt8](repeating: 0x20, count: count)
                if count > 0 { blanks[offset] = other }
                #expect(try JSONValue(parsing: Array("[1,".utf8) + blanks + Array("2]".utf8)) == [1, 2])
            }
        }
    }

    private func expect(_ code: JSONError.Code, at offset: Int, _ text: [UInt8]) {
        #expect(throws: JSONError(code, at: offset)) { try JSONValue(parsing: text) }
    }
}
