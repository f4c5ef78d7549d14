// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Runs of bytes that mean nothing by themselves, passed over eight at a time.
extension UnsafeBufferPointer<UInt8> {
    private static var eachByte: UInt64 { 0x0101_0101_0101_0101 }
    private static var topBits: UInt64 { 0x8080_8080_8080_8080 }

    /// The offset of the first byte from `start` on that is not a space; the count where there is none.
    @inline(__always)
    func endOfSpaces(from start: Int) -> Int {
        var index = start
        while index &+ 8 <= count {
            let others = eight(at: index) ^ (Self.eachByte &* 0x20)
            guard others == 0 else { return index &+ others.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < count, self[index] == 0x20 { index &+= 1 }
        return index
    }

    /// The offset of the first byte from `start` on that ends or interrupts a string's plain text: a quote, a backslash
    /// or a control character; the count where there is none.
    @inline(__always)
    func endOfPlainText(from start: Int) -> Int {
        var index = start
        while index &+ 8 <= count {
            let interruptions = Self.interruptions(of: eight(at: index))
            guard interruptions == 0 else { return index &+ interruptions.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < count {
            let byte = self[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
            index &+= 1
        }
        return index
    }

    @inline(__always)
    private func eight(at index: Int) -> UInt64 {
        guard let baseAddress else { return 0 }
        // The first byte is the lowest, whatever the machine's own order.
        return UInt64(littleEndian: UnsafeRawPointer(baseAddress + index).loadUnaligned(as: UInt64.self))
    }

    /// The top bit of the first of eight bytes that is a quote, a backslash or below 0x20; 0 where there is none.
    ///
    /// The classic test for a zero byte, after the wanted byte was made zero; for the control characters, whether taking
    /// 0x20 from a byte borrows. It errs only after a byte that did meet it, so that the lowest bit is right.
    @inline(__always)
    private static func interruptions(of bytes: UInt64) -> UInt64 {
        let quote = bytes ^ (eachByte &* 0x22)
        let backslash = bytes ^ (eachByte &* 0x5C)
        let found =
            ((bytes &- eachByte &* 0x20) & ~bytes)
            | ((quote &- eachByte) & ~quote)
            | ((backslash &- eachByte) & ~backslash)
        return found & topBits
    }
}
