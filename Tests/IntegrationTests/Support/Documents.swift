// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehousePlatform
import Glibc

/// The project's own tree, in which the tests were built.
enum Documents {
    /// Its folder.
    static let root: String = {
        // Tests/IntegrationTests/Support/Documents.swift
        let parts = #filePath.split(separator: "/")
        return parts.dropLast(4).reduce(into: "") { $0 += "/" + $1 }
    }()

    /// The code blocks of a language in a document, as they stand there.
    static func blocks(_ language: String, in document: String) throws -> [String] {
        var blocks: [String] = []
        var block: [Substring]?
        for line in try readFile(root + "/" + document).split(separator: "\n", omittingEmptySubsequences: false) {
            if let lines = block {
                guard line == "```" else {
                    block?.append(line)
                    continue
                }
                blocks.append(lines.joined(separator: "\n") + "\n")
                block = nil
            } else if line == "```\(language)" {
                block = []
            }
        }
        return blocks
    }

    /// Whether a program is installed where the tests look for one.
    static func isInstalled(_ program: String) -> Bool {
        ["/usr/local/bin", "/usr/bin", "/bin"].contains { access("\($0)/\(program)", X_OK) == 0 }
    }
}

/// How a program ended.
struct Outcome {
    let status: Int32
    let output: String
    let errors: String
}

extension Scene {
    /// A socket in front of the daemon's that holds all that passes against the schemas.
    func observedSocket(_ name: String = "seen.sock", wrong: WireObserver.OnPurpose = []) throws -> WireProxy {
        try WireProxy(at: folder.path(name), before: daemon.socket, wrong: wrong)
    }

    /// Runs a program to its end.
    func run(_ words: [String], environment: [String: String] = [:]) throws -> Outcome {
        let log = folder.path("run-\(UInt32.random(in: 0 ... .max)).log")
        let base = ["HOME": folder.path, "PYTHONDONTWRITEBYTECODE": "1", "TERM": "dumb"]
        let program = try ChildProgram(
            "/usr/bin/env",
            words,
            environment: base.merging(environment) { $1 },
            errorLog: log
        )
        let output = program.readAll()
        return Outcome(status: program.waitForEnd(), output: output, errors: program.errors)
    }
}
