// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Foundation
import GatehouseAPI
import GatehouseWire
import Testing

/// Our validator beside the package jsonschema, the usual one of Python.
@Suite(.enabled(if: SchemaPeer.isThere, "python3-jsonschema is not installed"))
struct SchemaPeerTests {
    @Test func `both find the same faults in the same instances`() throws {
        let lines = try SchemaPeer.run(["instances", SchemaFileTests.folder.path]).split(separator: "\n")
        #expect(lines.count > 5000)
        var compiled: [String: Schema] = [:]
        var counts = (right: 0, wrong: 0)
        for line in lines {
            let line = try JSONValue(parsing: String(line))
            let file = line["file"]?.string ?? ""
            let pointer = line["pointer"]?.string ?? ""
            let schema = try compiled[file + pointer] ?? SchemaPeer.schema(file, pointer)
            compiled[file + pointer] = schema
            let instance = line["instance"] ?? .null
            let theirs = (line["faults"]?.array ?? []).map { [$0.array?.first?.string, $0.array?.last?.string] }
            // The package does not know our formats, and checks none by itself.
            let violations = schema.violations(of: instance)
            let ours = violations.filter { $0.rule != "format" }.map { [$0.path, $0.rule] }
            let isWhole = violations.count < Schema.maximumViolations
            #expect(
                Self.isSame(ours, theirs, isWhole),
                "\(file)#\(pointer): \(instance.text.prefix(400)): \(ours), \(theirs)"
            )
            if theirs.isEmpty { counts.right += 1 } else { counts.wrong += 1 }
        }
        #expect(counts.right > 500 && counts.wrong > 500)
    }

    /// Whether the faults are the same.
    ///
    /// Two things differ by design. At one place we name one rule, the first that is broken. Where none of the forms of
    /// a `oneOf` fits, we say what is wrong with the one that was meant, at places inside.
    private static func isSame(_ ours: [[String]], _ theirs: [[String?]], _ isWhole: Bool) -> Bool {
        let choices = theirs.filter { $0[1] == "oneOf" }.compactMap { $0[0] }
        let isKnown = ours.allSatisfy { fault in
            theirs.contains(fault) || choices.contains { fault[0] == $0 || fault[0].hasPrefix($0 + "/") }
        }
        let isComplete = theirs.allSatisfy { fault in
            ours.contains { $0[0] == fault[0] || fault[1] == "oneOf" && $0[0].hasPrefix((fault[0] ?? "") + "/") }
        }
        return isKnown && (isComplete || !isWhole)
    }

    @Test func `the OpenRPC document keeps the specification`() throws {
        let faults = try SchemaPeer.run(["openrpc"], input: OpenRPCTests.document.text)
        #expect(faults.trimmingCharacters(in: .whitespacesAndNewlines) == "")
        let planned = OpenRPC.document(MethodSchema.methods.map { $0.schema })
        #expect(try SchemaPeer.run(["openrpc"], input: planned.text).trimmingCharacters(in: .newlines) == "")
    }
}

/// The program around that package.
enum SchemaPeer {
    /// Any other failure than its word that the package is missing is one that the tests must show.
    static let isThere: Bool = {
        do {
            _ = try run(["available"])
            return true
        } catch {
            return (error as? Failure)?.status != 3 && FileManager.default.isExecutableFile(atPath: python)
        }
    }()

    // Debian's own, for which its packages are.
    private static let python = "/usr/bin/python3"

    /// Its standard output; throws where it fails.
    static func run(_ arguments: [String], input: String = "") throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: python)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/peer.py")
        process.arguments = ["-W", "ignore", script.path] + arguments
        let (standardInput, output) = (Pipe(), Pipe())
        process.standardInput = standardInput
        process.standardOutput = output
        try process.run()
        if !input.isEmpty { try standardInput.fileHandleForWriting.write(contentsOf: Data(input.utf8)) }
        try standardInput.fileHandleForWriting.close()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
        return String(decoding: data, as: UTF8.self)
    }

    /// The schema at a place of a file.
    static func schema(_ file: String, _ pointer: String) throws -> Schema {
        var value = SchemaLibrary.documents[file]
        for step in pointer.split(separator: "/") { value = value?[String(step)] }
        var compiler = SchemaCompiler(documents: SchemaLibrary.documents)
        return try compiler.compile(try #require(value), file: file, pointer: pointer)
    }

    struct Failure: Error {
        let status: Int32
    }
}
