// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Foundation
import GatehouseAPI
import GatehouseWire
import Testing

struct SchemaFileTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "schemas")

    @Test func `every file of schemas is compiled in as it is`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(SchemaFile.all.map(\.name) == names)
        for file in SchemaFile.all {
            #expect(try Array(Data(contentsOf: Self.folder.appending(path: file.name))) == file.bytes, "\(file.name)")
        }
    }

    @Test func `every method file compiles and is in the table of methods`() throws {
        var compiler = SchemaCompiler(documents: SchemaLibrary.documents)
        var names: [String] = []
        for (file, document) in SchemaLibrary.documents where document["method"] != nil {
            let method = try MethodSchema(document, file: file, &compiler)
            #expect(method.name + ".json" == file)
            #expect(["rpc", "admin"].contains(method.socket))
            if !method.isPlanned { names.append(method.name) }
        }
        #expect(names.sorted() == MethodSchema.all.keys.sorted())
        for (name, method) in MethodSchema.all { #expect(method.name == name) }
    }

    /// What any call may be answered with, whatever it asks for.
    @Test(arguments: [ErrorKind.invalidParams, .forbidden, .configuration, .busy, .stopping])
    func `every method lists the kinds of error that all methods have`(_ kind: ErrorKind) {
        for (file, document) in SchemaLibrary.documents where document["method"] != nil {
            let kinds = document["errors"]?.array?.compactMap(\.string) ?? []
            #expect(kinds.contains(kind.rawValue), "\(file)")
        }
    }

    @Test func `the configuration and every shared definition compile`() throws {
        #expect(SchemaLibrary.configuration.summary.hasPrefix("The configuration"))
        for file in ["common.json", "config.json"] {
            for (name, _) in SchemaLibrary.documents[file]?["$defs"]?.object?.members ?? [] {
                var compiler = SchemaCompiler(documents: SchemaLibrary.documents)
                _ = try compiler.compile(["$ref": .string("\(file)#/$defs/\(name)")], file: file)
            }
        }
    }

    @Test func `every example keeps its schema`() throws {
        var compiler = SchemaCompiler(documents: SchemaLibrary.documents)
        for (file, document) in SchemaLibrary.documents where document["method"] != nil {
            let method = try MethodSchema(document, file: file, &compiler)
            #expect(!method.examples.isEmpty)
            for example in method.examples {
                #expect(method.params.violations(of: example.params) == [], "\(method.name): \(example.summary)")
                #expect(method.result.violations(of: example.result) == [], "\(method.name): \(example.summary)")
            }
        }
        for (file, document) in SchemaLibrary.documents {
            for (name, notification) in document["notifications"]?.object?.members ?? [] {
                let method = try MethodSchema(document, file: file, &compiler)
                for example in notification["examples"]?.array ?? [] {
                    #expect(method.notifications[name]?.violations(of: example) == [], "\(name) of \(file)")
                }
            }
        }
        let examples = SchemaLibrary.documents["config.json"]?["examples"]?.array ?? []
        #expect(examples.count >= 2)
        for example in examples { #expect(SchemaLibrary.configuration.violations(of: example) == []) }
    }

    @Test func `every property is described and every object closed`() {
        for (file, document) in SchemaLibrary.documents { walk(document, file, isProperty: false) }
    }

    private func walk(_ value: JSONValue, _ place: String, isProperty: Bool) {
        if let array = value.array { for element in array { walk(element, place, isProperty: false) } }
        guard let object = value.object else { return }
        if isProperty {
            let isDescribed = object["description"]?.string?.hasSuffix(".") ?? (object["$ref"] != nil)
            #expect(isDescribed, "\(place) has no description, or one without a full stop")
        }
        if object["properties"]?.object != nil {
            #expect(object["additionalProperties"] == false, "\(place) takes unknown members")
        }
        for (name, child) in object.members where !["examples", "errors", "default", "enum", "oneOf"].contains(name) {
            let isList = name == "properties" || name == "$defs"
            for (inner, child) in isList ? child.object?.members ?? [] : [(name, child)] {
                walk(child, "\(place)/\(inner)", isProperty: isList)
            }
        }
    }
}
