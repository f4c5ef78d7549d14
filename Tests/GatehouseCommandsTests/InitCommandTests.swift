// Gatehouse. SPDX-License-Identifier: Apache-2.0

import FakeDaemon
import GatehouseCommands
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1))) struct InitCommandTests {
    @Test func `it writes a configuration, makes a folder for credentials alone, and names every step that is left`()
        throws
    {
        let folder = try TemporaryFolder()
        let result = try Program().run("init", "--client-id", "app", "--directory", folder.path("etc"))
        #expect(result.status == 0 && result.errors.isEmpty)
        for word in ["etc/gatehouse.yaml", "credentials/gicar-secret", "credentials/ibm-client-id", "--check-config"] {
            #expect(result.text.contains(word))
        }
        var status = stat()
        #expect(stat(folder.path("etc/credentials"), &status) == 0 && status.st_mode & 0o777 == 0o700)
        #expect(stat(folder.path("etc/gatehouse.yaml"), &status) == 0 && status.st_mode & 0o222 == 0o200)
    }

    @Test(arguments: [false, true])
    func `what is there already is not touched`(isLink: Bool) throws {
        let folder = try TemporaryFolder()
        try folder.write("gatehouse.yaml", "mine")
        if isLink {
            rename(folder.path("gatehouse.yaml"), folder.path("elsewhere"))
            symlink(folder.path("nowhere"), folder.path("gatehouse.yaml"))
        }
        let result = try Program().run("init", "--client-id", "app", "--directory", folder.path(""))
        #expect(result.status == 2)
        #expect(result.errors.contains("exists already") && result.errors.contains("--directory"))
        #expect(access(folder.path("nowhere"), F_OK) != 0)
        var status = stat()
        #expect(stat(folder.path(isLink ? "elsewhere" : "gatehouse.yaml"), &status) == 0 && status.st_size == 4)
    }

    @Test(arguments: [
        [], ["--client-id", ""], ["--client-id", "a\nb"], ["--client-id", "a", "--directory", "relative"],
        ["--client-id", String(repeating: "a", count: 257)], ["--client-id", "a", "--profile", "a b"],
        ["--client-id", "a", "--profile", ""],
        // What gatehoused would refuse in the configuration.
        ["--engine", "clamd", "--clamd-socket", "/" + String(repeating: "s", count: 107)],
        ["--engine", "clamd", "--clamd-socket", "/run/../c"],
    ])
    func `options that cannot be right are wrong usage, and nothing is written`(options: [String]) throws {
        let folder = try TemporaryFolder()
        let directory = options.contains("--directory") ? [] : ["--directory", folder.path("etc")]
        let result = try Program().run(bytes: (["init"] + options + directory).map { Array($0.utf8) })
        #expect(result.status == 64)
        #expect(access(folder.path("etc"), F_OK) != 0)
    }

    @Test func `a folder with dots in its path, which the configuration could not name, is wrong usage`() throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("etc")
        let result = try Program().run("init", "--client-id", "a", "--directory", folder.path("etc/../etc"))
        #expect(result.status == 64)
        #expect(access(folder.path("etc/gatehouse.yaml"), F_OK) != 0)
    }

    @Test func `commands to paste are quoted where the folder's path needs it`() throws {
        let folder = try TemporaryFolder()
        let result = try Program().run("init", "--client-id", "app", "--directory", folder.path("it's here"))
        #expect(result.status == 0)
        let quoted = "'" + folder.path("it") + #"'\''s here"#
        #expect(result.text.contains("--config \(quoted)/gatehouse.yaml'\n"))
        #expect(result.text.contains("/dev/stdin \(quoted)/credentials/gicar-secret'\n"))
    }

    @Test func `something else in the place of the credentials' folder is said, and nothing is written`() throws {
        let folder = try TemporaryFolder()
        try folder.write("credentials", "")
        let result = try Program().run("init", "--client-id", "app", "--directory", folder.path(""))
        #expect(result.status == 2)
        #expect(result.errors.contains("credentials: Not a directory"))
        #expect(access(folder.path("gatehouse.yaml"), F_OK) != 0)
    }
}
