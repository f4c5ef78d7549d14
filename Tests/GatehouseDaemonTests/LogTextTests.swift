// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GatehouseDaemon

@Suite struct LogTextTests {
    @Test(arguments: [
        ("plain", #""plain""#), ("a\nb", #""a\nb""#), ("a\" x=\"b", #""a\" x=\"b""#), ("\u{85}", #""\u0085""#),
        ("\u{9B}2J", #""\u009b2J""#), ("\u{2028}", #""\u2028""#), ("\u{202E}", #""\u202e""#), ("ñ 名", #""ñ 名""#),
    ])
    func `a text of somebody else's neither ends a line nor forges a field`(_ text: String, _ wanted: String) {
        #expect(LogText.quoted(text) == wanted)
    }

    @Test func `a single long character is cut`() {
        #expect(LogText.quoted("e" + String(repeating: "\u{301}", count: 10_000)).utf8.count < 600)
    }
}
