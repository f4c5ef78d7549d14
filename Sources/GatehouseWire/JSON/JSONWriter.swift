// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// Appends the value as compact JSON in UTF-8, in which no line break stands.
    public func write(to output: inout [UInt8]) {
        var text = JSONOutput()
        write(to: &text)
        text.withBytes { output.append(contentsOf: $0) }
    }

    /// Appends a text as a JSON string: quotes, backslashes and control characters escaped, all else as it is.
    public static func write(_ text: String, to output: inout [UInt8]) {
        var written = JSONOutput(capacity: 64)
        written.appendString(text)
        written.withBytes { output.append(contentsOf: $0) }
    }

    private func write(to output: inout JSONOutput) {
        switch self {
        case .null: output.append("null")
        case .bool(let value): output.append(value ? "true" : "false")
        case .number(let number): output.append(number.text)
        case .string(let text): output.appendString(text)
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
                output.appendString(member.name)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
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
