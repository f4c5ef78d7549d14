// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehouseSecurityCenter

@Suite struct FileAddressTests {
    private static let origin = "https://ksc.example:13299"

    @Test(arguments: [
        "/FTDR/0a1b", "/FTDR/{0A1B-2C}", "/FTDR/a/b.zip", "https://ksc.example:13299/FTDR/x",
    ])
    func `a name under the folder is followed, on this server`(text: String) throws {
        let address = try FileAddress(text, .download, origin: Self.origin)
        #expect(address.path.hasPrefix("/FTDR/"))
    }

    @Test(arguments: [
        "", "/", "/FTDR", "/FTDR/", "/FTUR/x", "/FTDRx/y", "/ftdr/x", "FTDR/x", "//other/FTDR/x",
        "https://other/FTDR/x",
        "http://ksc.example:13299/FTDR/x", "https://ksc.example:13299@other/FTDR/x",
        "https://ksc.example:132990/FTDR/x",
        "/FTDR/../api/v1.0/login", "/FTDR/a/../../x", "/FTDR/./x", "/FTDR//x", "/FTDR/%2e%2e/x", "/FTDR/x?y=z",
        "/FTDR/x#y",
        "/FTDR/a b", "/FTDR/a\r\nX: y", "/FTDR/\u{e9}", "/FTDR/a\\b", "https://ksc.example:13299/api/v1.0/FTDR/x",
        "/FTDR/" + String(repeating: "a", count: 1025),
    ])
    func `anything else is a foreign address`(text: String) {
        do {
            _ = try FileAddress(text, .download, origin: Self.origin)
            Issue.record("it was taken")
        } catch {
            #expect(error.code == .foreignAddress)
        }
    }
}
