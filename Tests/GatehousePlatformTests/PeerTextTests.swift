// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

/// What a peer says goes into logs and onto terminals.
struct PeerTextTests {
    @Test(arguments: [
        ("a\u{1B}[31m\r\n\u{7F}\u{85}b", "a [31m    b"),
        // Turned, this would read as another name.
        ("Eicar\u{202E}fdp.exe\u{2066}\u{200B}", "Eicar fdp.exe  "),
        ("one\u{2028}two\u{2029}three", "one two three"),
        ("Grüße, 世界 👋", "Grüße, 世界 👋"),
    ])
    func `it stays on one line, and nothing of it is hidden`(text: String, expected: String) {
        #expect(text.onOneLine(maximum: 100) == expected)
    }

    @Test(arguments: ["é", "e\u{301}"])
    func `it is capped, whatever its characters are made of`(character: String) {
        let text = String(repeating: character, count: 500).onOneLine(maximum: 300)
        #expect(text.unicodeScalars.count == 300)
    }
}
