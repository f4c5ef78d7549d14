// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct SignatureMatcherTests {
    private static let signature = SignatureMatcher.eicar

    private static func finds(_ pieces: [[UInt8]]) -> Bool {
        var matcher = SignatureMatcher()
        for piece in pieces { matcher.consume(piece[...]) }
        return matcher.isFound
    }

    @Test func `the signature is the 68 bytes of the test file`() {
        #expect(Self.signature.count == 68)
        #expect(Self.signature.reduce(0) { $0 &* 31 &+ Int($1) } != 0)
    }

    @Test func `the signature is found wherever it is cut`() {
        let bytes = Array("before X5O".utf8) + Self.signature + Array("X after".utf8)
        for first in 0...bytes.count {
            for second in [first, (first + bytes.count) / 2, bytes.count] {
                let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]].map(Array.init)
                #expect(Self.finds(pieces), "cut at \(first) and \(second)")
            }
        }
        #expect(Self.finds(bytes.map { [$0] }))
    }

    @Test func `a signature with one byte changed, missing or doubled is not found`() {
        for index in Self.signature.indices {
            var changed = Self.signature
            changed[index] ^= 1
            #expect(!Self.finds([changed]))
            var shorter = Self.signature
            shorter.remove(at: index)
            #expect(!Self.finds([shorter]))
            #expect(!Self.finds([Array(Self.signature[..<index]), [0], Array(Self.signature[index...])]) || index == 0)
        }
    }
}
