// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// Appends the value as compact JSON in UTF-8, in which no line break stands.
    public func write(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let number): output.append(contentsOf: number.text.utf8)
        case .string(let text): Self.write(text, to: &output)
        case .array(let elements):
            output.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                element.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            output.append(UInt8(ascii: "{"))
            for (index, member) in object.members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    /// Appends a text as a JSON string: quotes, backslashes and control characters escaped, all else as it is.
    public static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { bytes in
            var start = 0
            for index in 0..<bytes.count {
                let byte = bytes[index]
                guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F else {
                    continue
                }
                output.append(contentsOf: bytes[start..<index])
                escape(byte, to: &output)
                start = index + 1
            }
            output.append(contentsOf: bytes[start...])
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func escape(_ byte: UInt8, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): output.append(byte)
        case 0x08: output.append(UInt8(ascii: "b"))
        case 0x09: output.append(UInt8(ascii: "t"))
        case 0x0A: output.append(UInt8(ascii: "n"))
        case 0x0C: output.append(UInt8(ascii: "f"))
        case 0x0D: output.append(UInt8(ascii: "r"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            output.append(contentsOf: "u00".utf8)
            output.append(digits[Int(byte >> 4)])
            output.append(digits[Int(byte & 15)])
        }
    }

    /// The value as compact JSON.
    public var text: String {
        var output: [UInt8] = []
        write(to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    /// The value as JSON for people: two blanks a level, one member a line.
    public var prettyText: String {
        var output: [UInt8] = []
        writePretty(to: &output, indentation: "\n")
        return String(decoding: output, as: UTF8.self)
    }

    private func writePretty(to output: inout [UInt8], indentation: String) {
        let inner = indentation + "  "
        switch self {
        case .array(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() {
                output.append(contentsOf: ((index == 0 ? "[" : ",") + inner).utf8)
                element.writePretty(to: &output, indentation: inner)
            }
            output.append(contentsOf: (indentation + "]").utf8)
        case .object(let object) where !object.isEmpty:
            for (index, member) in object.members.enumerated() {
                output.append(contentsOf: ((index == 0 ? "{" : ",") + inner).utf8)
                Self.write(member.name, to: &output)
                output.append(contentsOf: ": ".utf8)
                member.value.writePretty(to: &output, indentation: inner)
            }
            output.append(contentsOf: (indentation + "}").utf8)
        default: write(to: &output)
        }
    }
}
