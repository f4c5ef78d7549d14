// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

extension YAMLDocument {
    /// The most bytes of a file.
    package static let maximumBytes = 1 << 20

    /// Reads one document; throws the first fault.
    ///
    /// Of YAML 1.2 it takes mappings, lists and scalars of the core schema. Anchors, aliases, tags, merge keys and a
    /// second document are refused: a configuration needs none, and they are how a small file grows without bound.
    package init(parsing text: [UInt8]) throws(Fault) {
        guard text.count <= Self.maximumBytes else {
            throw Fault(mark: nil, path: "", message: "larger than \(Self.maximumBytes) bytes")
        }
        let result = text.withUnsafeBufferPointer { text in
            Result { () throws(Fault) in
                guard let parser = YAMLParser(text) else { throw Fault(mark: nil, path: "", message: "out of memory") }
                var reader = YAMLReader()
                let value = try reader.readStream(parser)
                return YAMLDocument(value: value, marks: reader.marks)
            }
        }
        self = try result.get()
    }
}

/// Puts events together to a value.
private struct YAMLReader {
    /// Levels of mappings and lists; the schema of the configuration has seven.
    static let maximumDepth = 32
    /// Scalars, lists and mappings in all.
    static let maximumValues = 10_000

    var marks: [String: YAMLDocument.Mark] = [:]
    private var steps: [String] = []
    private var values = 0

    private func fault(_ mark: YAMLDocument.Mark, _ message: String) -> YAMLDocument.Fault {
        YAMLDocument.Fault(mark: mark, path: JSONPointer.text(of: steps), message: message)
    }

    mutating func readStream(_ parser: borrowing YAMLParser) throws(YAMLDocument.Fault) -> JSONValue {
        var value: JSONValue?
        while true {
            let (event, mark) = try parser.next()
            switch event {
            case .streamStart, .documentEnd: break
            case .documentStart:
                guard value == nil else { throw fault(mark, "a second document; a configuration is one") }
                let first = try parser.next()
                value = try readValue(first.event, first.mark, parser)
            case .streamEnd, .nothing:
                guard let value else {
                    throw fault(YAMLDocument.Mark(line: 1, column: 1), "empty; 'profiles' at least is needed")
                }
                return value
            default: throw fault(mark, "something outside of the document")
            }
        }
    }

    private mutating func readValue(
        _ event: YAMLParser.Event,
        _ mark: YAMLDocument.Mark,
        _ parser: borrowing YAMLParser
    ) throws(YAMLDocument.Fault) -> JSONValue {
        values += 1
        guard values <= Self.maximumValues else { throw fault(mark, "more than \(Self.maximumValues) values") }
        guard steps.count < Self.maximumDepth else { throw fault(mark, "more than \(Self.maximumDepth) levels") }
        if steps.isEmpty { marks[""] = mark }
        switch event {
        case .scalar(let text, let isPlain, let isDecorated):
            if isDecorated { throw decorated(mark) }
            return isPlain ? YAMLScalar.value(text) : .string(text)
        case .sequenceStart(let isDecorated):
            if isDecorated { throw decorated(mark) }
            return try readSequence(parser)
        case .mappingStart(let isDecorated):
            if isDecorated { throw decorated(mark) }
            return try readMapping(parser)
        case .alias: throw fault(mark, "an alias (*name) is not supported; write the value out")
        default: throw fault(mark, "a value is missing")
        }
    }

    private func decorated(_ mark: YAMLDocument.Mark) -> YAMLDocument.Fault {
        fault(mark, "anchors (&name) and tags (!name) are not supported; a text that starts so needs quotes")
    }

    private mutating func readSequence(_ parser: borrowing YAMLParser) throws(YAMLDocument.Fault) -> JSONValue {
        var elements: [JSONValue] = []
        while true {
            let (event, mark) = try parser.next()
            if case .sequenceEnd = event { return .array(elements) }
            elements.append(try readChild(String(elements.count), mark, event, mark, parser))
        }
    }

    private mutating func readMapping(_ parser: borrowing YAMLParser) throws(YAMLDocument.Fault) -> JSONValue {
        var object = JSONObject()
        while true {
            let (event, mark) = try parser.next()
            if case .mappingEnd = event { return .object(object) }
            let key = try readKey(event, mark)
            if object[key] != nil {
                steps.append(key)
                let first = marks[JSONPointer.text(of: steps)].map { " in line \($0.line)" } ?? ""
                throw fault(mark, "this key stands already\(first)")
            }
            let next = try parser.next()
            object[key] = try readChild(key, mark, next.event, next.mark, parser)
        }
    }

    private mutating func readKey(
        _ event: YAMLParser.Event,
        _ mark: YAMLDocument.Mark
    ) throws(YAMLDocument.Fault) -> String {
        guard case .scalar(let text, let isPlain, let isDecorated) = event else {
            if case .alias = event { throw fault(mark, "an alias (*name) is not supported; write the key out") }
            throw fault(mark, "a key must be a plain word")
        }
        if isDecorated { throw decorated(mark) }
        if isPlain && text == "<<" { throw fault(mark, "merge keys (<<) are not supported; write the keys out") }
        return text
    }

    private mutating func readChild(
        _ step: String,
        _ start: YAMLDocument.Mark,
        _ event: YAMLParser.Event,
        _ mark: YAMLDocument.Mark,
        _ parser: borrowing YAMLParser
    ) throws(YAMLDocument.Fault) -> JSONValue {
        steps.append(step)
        marks[JSONPointer.text(of: steps)] = start
        let value = try readValue(event, mark, parser)
        steps.removeLast()
        return value
    }
}
