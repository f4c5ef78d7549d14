// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Where a value is written: bytes that grow, without the checks of an array at each of its many small pieces.
///
/// It owns its memory. Every write makes room first, so that nothing lands outside.
struct JSONOutput: ~Copyable {
    private var start: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    private var count = 0

    init(capacity: Int = 1024) {
        self.capacity = max(capacity, 64)
        start = .allocate(capacity: self.capacity)
    }

    deinit {
        start.deallocate()
    }

    /// What was written; it lives no longer than this.
    func withBytes(_ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        body(UnsafeBufferPointer(start: start, count: count))
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        makeRoom(1)
        start[count] = byte
        count += 1
    }

    /// Appends text that needs no escape, a number or a word.
    mutating func append(_ text: String) {
        Self.withBytes(of: text) { bytes in
            makeRoom(bytes.count)
            guard let first = bytes.baseAddress else { return }
            (start + count).update(from: first, count: bytes.count)
            count += bytes.count
        }
    }

    /// Appends a text as a JSON string: quotes, backslashes and control characters escaped, all else as it is.
    mutating func appendString(_ text: String) {
        Self.withBytes(of: text) { bytes in
            makeRoom(Self.mostBytes(of: bytes) + 2)
            let end = start + count
            var length = 1
            end[0] = UInt8(ascii: "\"")
            var index = Self.copyPlainWords(of: bytes, to: end + 1)
            length += index
            while index < bytes.count {
                let byte = bytes[index]
                if Self.mustEscape(byte) {
                    length += Self.escape(byte, at: end + length)
                } else {
                    end[length] = byte
                    length += 1
                }
                index += 1
            }
            end[length] = UInt8(ascii: "\"")
            count += length + 1
        }
    }

    /// A text's bytes where they are; a text that is not in one piece is copied first.
    @inline(__always)
    private static func withBytes(of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        if text.utf8.withContiguousStorageIfAvailable(body) != nil { return }
        Array(text.utf8).withUnsafeBufferPointer(body)
    }

    /// Copies eight bytes at a time up to the first eight that may need an escape; returns how many bytes that were.
    @inline(__always)
    private static func copyPlainWords(
        of text: UnsafeBufferPointer<UInt8>,
        to end: UnsafeMutablePointer<UInt8>
    ) -> Int {
        guard let first = text.baseAddress else { return 0 }
        var index = 0
        while index + 8 <= text.count {
            let word = UnsafeRawPointer(first + index).loadUnaligned(as: UInt64.self)
            guard !mayHoldEscape(word) else { break }
            UnsafeMutableRawPointer(end + index).storeBytes(of: word, as: UInt64.self)
            index += 8
        }
        return index
    }

    /// Whether one of eight bytes may have to be escaped; a byte after one that must be can be taken for another.
    @inline(__always)
    private static func mayHoldEscape(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits: UInt64 = 0x8080_8080_8080_8080
        func bytesBelow(_ bound: UInt64, _ word: UInt64) -> UInt64 { (word &- ones &* bound) & ~word }
        let controls = bytesBelow(0x20, word)
        let quotes = bytesBelow(1, word ^ (ones &* 0x22))
        let backslashes = bytesBelow(1, word ^ (ones &* 0x5C))
        let deletes = bytesBelow(1, word ^ (ones &* 0x7F))
        return (controls | quotes | backslashes | deletes) & highBits != 0
    }

    /// How long a text can become: no escape has more than six bytes.
    ///
    /// A long text is looked at first.
    private static func mostBytes(of text: UnsafeBufferPointer<UInt8>) -> Int {
        guard text.count > 1024 else { return text.count * 6 }
        return text.reduce(0) { $0 + (mustEscape($1) ? 6 : 1) }
    }

    @inline(__always)
    private mutating func makeRoom(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    private mutating func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: start, count: count)
        start.deallocate()
        start = moved
        capacity = larger
    }

    @inline(__always)
    private static func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F
    }

    /// Writes one escape of at most six bytes and returns how many they are.
    private static func escape(_ byte: UInt8, at end: UnsafeMutablePointer<UInt8>) -> Int {
        let short: Unicode.Scalar? =
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): Unicode.Scalar(byte)
            case 0x08: "b"
            case 0x09: "t"
            case 0x0A: "n"
            case 0x0C: "f"
            case 0x0D: "r"
            default: nil
            }
        end[0] = UInt8(ascii: "\\")
        if let short {
            end[1] = UInt8(ascii: short)
            return 2
        }
        let digits: StaticString = "0123456789abcdef"
        end[1] = UInt8(ascii: "u")
        end[2] = UInt8(ascii: "0")
        end[3] = UInt8(ascii: "0")
        end[4] = digits.utf8Start[Int(byte >> 4)]
        end[5] = digits.utf8Start[Int(byte & 15)]
        return 6
    }
}
