// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

/// The boundary decides what is one message, the reader what it says: were they to differ, one side's message would
/// be the other side's two.
@Suite struct `The boundary and the reader agree` {
    private static let onlyTheReaderSees: Set<JSONError.Code> = [.invalidUTF8, .invalidNumber, .duplicateMember]

    @Test(arguments: 0..<UInt64(300))
    func `on valid texts`(_ seed: UInt64) throws {
        var random = RandomText(seed: seed)
        for _ in 0..<10 {
            let text = random.message()
            #expect(BoundaryOutcome(of: text + [0x78], inPiecesOf: 3) == .init(.complete, text.count))
            _ = try JSONValue(parsing: text)
        }
    }

    @Test(arguments: 0..<UInt64(300))
    func `on damaged texts, to the byte`(_ seed: UInt64) {
        var random = RandomText(seed: seed ^ 0x5EED)
        for _ in 0..<30 {
            let text = random.damaged(random.message())
            let outcome = BoundaryOutcome(of: text, inPiecesOf: 1)
            #expect(BoundaryOutcome(of: text, inPiecesOf: text.count + 1) == outcome)
            #expect(agree(text, outcome), "seed \(seed): \(String(decoding: text, as: UTF8.self).debugDescription)")
        }
    }

    private func agree(_ text: [UInt8], _ outcome: BoundaryOutcome) -> Bool {
        if let first = text.firstIndex(where: { !" \n\r\t".utf8.contains($0) }), !"{[".utf8.contains(text[first]) {
            return outcome == .init(.misplaced, first + 1)
        }
        do throws(JSONError) {
            return outcome == .init(.complete, try endOfFirstValue(text))
        } catch {
            switch outcome.step {
            case .misplaced where error.offset == outcome.end - 1: return error.code != .tooDeep
            case .tooDeep where error.offset == outcome.end - 1: return error.code == .tooDeep
            case .incomplete where error.code == .unexpectedEnd: return true
            default: return error.offset < outcome.end && isOnlyForTheReader(error, in: text)
            }
        }
    }

    /// A number that goes wrong, half of a pair, a repeated name, or bytes that are not UTF-8.
    private func isOnlyForTheReader(_ error: JSONError, in text: [UInt8]) -> Bool {
        switch error.code {
        case .unexpectedCharacter: "+-.eE0123456789".utf8.contains(text[error.offset])
        case .invalidEscape: text[error.offset...].starts(with: "u".utf8)
        default: Self.onlyTheReaderSees.contains(error.code)
        }
    }

    private func endOfFirstValue(_ text: [UInt8]) throws(JSONError) -> Int {
        let result = text.withUnsafeBufferPointer { bytes in
            Result { () throws(JSONError) in
                var reader = JSONReader(bytes, depth: 64)
                _ = try reader.readValue()
                return reader.position
            }
        }
        return try result.get()
    }
}
