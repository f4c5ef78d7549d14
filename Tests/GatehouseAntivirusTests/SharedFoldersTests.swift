// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAntivirus
import Testing

@Suite struct SharedFoldersTests {
    private static func folder(_ text: String) throws -> SharedPath { try #require(SharedPath(folder: text)) }

    private static func folders(
        _ shared: [String],
        _ maps: [(local: String, remote: String)] = []
    ) throws -> SharedFolders {
        SharedFolders(
            shared: try shared.map(folder),
            maps: try maps.map { SharedFolders.Map(local: try folder($0.local), remote: try folder($0.remote)) }
        )
    }

    @Test(arguments: [
        ("/files2scan/a", "/files2scan/a"), ("/files2scan/in/a.pdf", "/files2scan/in/a.pdf"),
        ("/files2scan//in///a", "/files2scan/in/a"), ("/files2scan/..a", "/files2scan/..a"),
        ("/files2scan/%2e%2e/%2Fetc", "/files2scan/%2e%2e/%2Fetc"),
        ("/files2scan/a b'\"$(x)", "/files2scan/a b'\"$(x)"),
        ("/files2scan/\u{2025}/\u{FF0F}etc", "/files2scan/\u{2025}/\u{FF0F}etc"),
        ("/other/deep/x/y", "/other/deep/x/y"),
    ])
    func `what lies in a shared folder is named as it is`(_ path: String, _ expected: String) throws {
        let folders = try Self.folders(["/files2scan/", "/other/deep"])
        let resolved = try #require(folders.resolve(path)?.text)
        #expect(Array(resolved.utf8) == Array(expected.utf8))
    }

    @Test(arguments: [
        "", "/", "files2scan/a", "./files2scan/a", "/files2scan", "/files2scan/", "/files2scan/a/", "//files2scan/a",
        "///files2scan/a", "/files2scan2/a", "/files2sca", "/FILES2SCAN/a", "/other/a", "/other",
        "/files2scan/../etc/passwd",
        "/files2scan/./a", "/files2scan/a/..", "/files2scan/a/.", "/../files2scan/a", "/files2scan\u{0}/a",
        "/files2scan/a\u{0}",
        "/files2scan/a\n", "/files2scan/a\u{85}", "/files2scan/..\\..\\windows", "\\files2scan\\a", "/etc/passwd",
        "\u{FF0F}files2scan/a", "/files2scan\u{2044}a", "/f\u{456}les2scan/a", " /files2scan/a",
        "/files2scan/" + String(repeating: "a", count: 4096),
    ])
    func `everything else is refused`(_ path: String) throws {
        let folders = try Self.folders(["/files2scan", "/other/deep"])
        #expect(folders.resolve(path) == nil)
    }

    @Test func `names are compared by their bytes and not by the letters that they spell`() throws {
        let folders = try Self.folders(["/caf\u{E9}"])
        #expect(folders.resolve("/caf\u{E9}/a") != nil)
        #expect(folders.resolve("/cafe\u{301}/a") == nil)
    }

    @Test func `without a shared folder everything is refused, whatever the maps say`() throws {
        let folders = try Self.folders([], [("/mnt/share", "/files2scan")])
        #expect(folders.resolve("/files2scan/a") == nil)
        #expect(folders.resolve("/mnt/share/a") == nil)
    }

    @Test(arguments: [
        ("/mnt/share/a", "/files2scan/a"), ("/mnt/share/deep/b", "/files2scan/team/b"),
        ("/mnt/share/deeper/b", "/files2scan/deeper/b"),
        ("/files2scan/a", "/files2scan/a"), ("/mnt/share/deep", "/files2scan/deep"), ("/mnt/other/a", nil),
        ("/mnt/share", nil),
        ("/mnt/share/../other", nil), ("/mnt/outside/a", nil), ("/mnt/sharex/a", nil),
    ])
    func `the deepest map translates a local path, and the result has to be shared`(
        _ path: String,
        _ expected: String?
    ) throws {
        let maps = [
            ("/mnt/share", "/files2scan"), ("/mnt/share/deep", "/files2scan/team"), ("/mnt/outside", "/secret"),
        ]
        #expect(try Self.folders(["/files2scan"], maps).resolve(path)?.text == expected)
    }

    @Test func `a path of the engine is not taken for a local one of the same name`() throws {
        let folders = try Self.folders(["/share", "/data"], [("/share", "/data")])
        #expect(folders.resolve("/share/a")?.text == "/share/a")
    }

    @Test func `the root as a shared folder shares all`() throws {
        #expect(try Self.folders(["/"]).resolve("/etc/passwd")?.text == "/etc/passwd")
        #expect(try Self.folders(["/"]).resolve("/") == nil)
    }
}
