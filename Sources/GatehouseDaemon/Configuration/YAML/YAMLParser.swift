// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CYAML

/// What libyaml finds, one event after the other, in text that the caller keeps alive.
struct YAMLParser: ~Copyable {
    /// A scalar, or the beginning or end of something.
    enum Event {
        case streamStart
        case streamEnd
        case documentStart
        case documentEnd
        case alias
        case scalar(text: String, isPlain: Bool, isDecorated: Bool)
        case sequenceStart(isDecorated: Bool)
        case sequenceEnd
        case mappingStart(isDecorated: Bool)
        case mappingEnd
        case nothing
    }

    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeBufferPointer<UInt8>
    /// How many bytes stand before what libyaml sees.
    private let markBytes: Int

    /// Starts at the beginning of the text; nil where there is no memory.
    init?(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        parser = .allocate(capacity: 1)
        guard yaml_parser_initialize(parser) == 1 else {
            parser.deallocate()
            return nil
        }
        // Otherwise libyaml also takes UTF-16, in which no other part of the file's way expects it.
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        // Nor does it look for a byte order mark then, which may stand at the beginning (YAML 1.2.2 section 5.2).
        markBytes = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let rest = UnsafeBufferPointer(rebasing: text.dropFirst(markBytes))
        yaml_parser_set_input_string(parser, rest.baseAddress, rest.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// The next event and where it starts.
    ///
    /// After the end of the stream it is ``Event/nothing`` for ever.
    func next() throws(YAMLDocument.Fault) -> (event: Event, mark: YAMLDocument.Mark) {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw fault() }
        defer { yaml_event_delete(&event) }
        return (Self.event(event), Self.mark(event.start_mark))
    }

    private static func event(_ event: yaml_event_t) -> Event {
        switch event.type {
        case YAML_STREAM_START_EVENT: return .streamStart
        case YAML_STREAM_END_EVENT: return .streamEnd
        case YAML_DOCUMENT_START_EVENT: return .documentStart
        case YAML_DOCUMENT_END_EVENT: return .documentEnd
        case YAML_ALIAS_EVENT: return .alias
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return .sequenceStart(isDecorated: start.anchor != nil || start.tag != nil)
        case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return .mappingStart(isDecorated: start.anchor != nil || start.tag != nil)
        case YAML_MAPPING_END_EVENT: return .mappingEnd
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            return .scalar(
                text: String(decoding: bytes, as: UTF8.self),
                isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE,
                isDecorated: scalar.anchor != nil || scalar.tag != nil
            )
        default: return .nothing
        }
    }

    private static func mark(_ mark: yaml_mark_t) -> YAMLDocument.Mark {
        // The file is at most a megabyte long, so these are small.
        YAMLDocument.Mark(
            line: Int(truncatingIfNeeded: mark.line &+ 1),
            column: Int(truncatingIfNeeded: mark.column &+ 1)
        )
    }

    private func fault() -> YAMLDocument.Fault {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "out of memory"
        let start = parser.pointee.context_mark.line
        let begun = start < parser.pointee.problem_mark.line ? " that begins in line \(start + 1)" : ""
        let context = parser.pointee.context.map { " \(String(cString: $0))\(begun)" } ?? ""
        // The reader knows the byte only, not the line.
        let isReader = parser.pointee.error == YAML_READER_ERROR
        let byte = Int(truncatingIfNeeded: parser.pointee.problem_offset &+ markBytes)
        return YAMLDocument.Fault(
            mark: isReader ? mark(ofByte: byte) : Self.mark(parser.pointee.problem_mark),
            path: "",
            message: "not valid YAML\(context): \(problem)\(isReader ? " (byte \(byte))" : "")"
        )
    }

    /// The line in which a byte stands, as editors count them; lines end in LF, CR, or both.
    private func mark(ofByte number: Int) -> YAMLDocument.Mark {
        let before = text.prefix(number)
        let ends = before.indices.count { index in
            switch before[index] {
            case UInt8(ascii: "\n"): true
            case UInt8(ascii: "\r"): index + 1 == text.count || text[index + 1] != UInt8(ascii: "\n")
            default: false
            }
        }
        let start = before.lastIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.map { $0 + 1 } ?? 0
        return YAMLDocument.Mark(line: ends + 1, column: before.count - start + 1)
    }
}
