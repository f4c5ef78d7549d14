// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GatehouseDaemon
import Glibc

/// Writes what is generated from the schemas and the command lines: reference, manual pages, completions.
///
/// It is a tool of this repository and no part of what is installed.
@main
struct Main {
    static let usage = """
        Usage: gatehouse-reference [--verify] FOLDER

        Writes docs/reference.md, docs/man/ and contrib/completions/ in the folder of the repository.
        With --verify it writes nothing, names each file that is not as it would be written, and ends with 1.

        """

    static func main() throws {
        var arguments = CommandLine.arguments.dropFirst()
        let verifies = arguments.first == "--verify"
        if verifies { arguments.removeFirst() }
        guard let folder = arguments.first, arguments.count == 1, !folder.hasPrefix("-") else {
            print(usage, terminator: "")
            exit(64)
        }
        let tree = GeneratedTree(folder: folder, files: try files())
        guard verifies else { return try tree.write() }
        let stale = try tree.stale()
        for path in stale { print("not as generated: \(path)") }
        if !stale.isEmpty {
            print("Run: swift run gatehouse-reference .")
            exit(1)
        }
    }

    private static func files() throws -> [String: String] {
        let program = try ProgramDescription.gatehouse()
        let methods = MethodDescription.all
        var files = [
            "docs/reference.md": Reference.markdown(methods),
            "docs/man/gatehouse.1": ProgramPage.text(program),
            "docs/man/gatehouse.yaml.5": ConfigurationPage.text(),
            "docs/man/gatehoused.8": DaemonPage.text(help: Daemon.help),
            "contrib/completions/gatehouse.bash": BashCompletion.text(program, methods),
            "contrib/completions/_gatehouse": ZshCompletion.text(program, methods),
            "contrib/completions/gatehouse.fish": FishCompletion.text(program, methods),
        ]
        for method in methods { files["docs/man/gatehouse-\(method.name).7"] = MethodPage.text(method) }
        return files
    }
}
