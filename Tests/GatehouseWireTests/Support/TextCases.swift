// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseWire
import Testing

/// A text that is valid, and the compact text of its value.
struct AcceptedText: CustomTestStringConvertible, Sendable {
    let text: String
    let compact: String

    init(_ text: String, as compact: String? = nil) {
        self.text = text
        self.compact = compact ?? text
    }

    var testDescription: String { text.debugDescription }
}

/// A text that is not valid, why, and where.
struct RejectedText: CustomTestStringConvertible, Sendable {
    let bytes: [UInt8]
    let fault: JSONError

    init(_ text: String, _ code: JSONError.Code, at offset: Int) {
        self.init(Array(text.utf8), code, at: offset)
    }

    init(_ bytes: [UInt8], _ code: JSONError.Code, at offset: Int) {
        self.bytes = bytes
        fault = JSONError(code, at: offset)
    }

    var testDescription: String { "\(String(decoding: bytes, as: UTF8.self).debugDescription): \(fault.code)" }
}

/// A text that ends inside a value.
func cut(_ text: String) -> RejectedText {
    RejectedText(text, .unexpectedEnd, at: text.utf8.count)
}
