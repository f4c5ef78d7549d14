// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@Suite struct RedactionTests {
    private static let secret = "s3cret+word & \"more\""
    private static let other = "another-secret"
    private let redaction = Redaction([Secret(Self.secret), Secret(Self.other), Secret("abc")])

    @Test(arguments: [
        "nothing of the kind", "", "another-secre", "s3cret word", "secret abcd", "%", "%4", "&amp", "\\", "\\u00",
        "QUJDREVGR0hJSktM", "a+b%20c&lt;d",
    ])
    func `a text without a secret stays as it is`(_ text: String) {
        // The first bytes of one at the end of a text could be those of one that was cut.
        #expect(redaction.text(text) == (text == "another-secre" ? "<removed>" : text))
    }

    @Test(arguments: [
        ("is <\(secret)>.", "is <<removed>>."), (secret, "<removed>"), ("\(secret)\(secret)", "<removed><removed>"),
        ("\(other), \(secret)", "<removed>, <removed>"),
        ("an another-another-secret", "an another-<removed>"),
        // Percent-encoded, as in a quoted form and in an address.
        ("x=s3cret%2Bword+%26+%22more%22&y=1", "x=<removed>&y=1"),
        ("x=s3cret%2bword%20%26%20%22more%22", "x=<removed>"), ("%61nother%2Dsecret!", "<removed>!"),
        // HTML.
        ("<p>s3cret+word &amp; &quot;more&quot;</p>", "<p><removed></p>"),
        ("s3cret&#43;word &#x26; &#34;more&#x22;", "<removed>"),
        // JSON within a text.
        (#"{"x":"s3cret\u002bword & \"more\""}"#, #"{"x":"<removed>"}"#),
        // Base64, alone and behind a name: echo -n 'id:another-secret' | base64
        ("Basic aWQ6YW5vdGhlci1zZWNyZXQ=", "Basic <removed>="), ("(YW5vdGhlci1zZWNyZXQ)", "(<removed>)"),
        ("is /x/YW5vdGhlci1zZWNyZXQ=", "is <removed>="), ("is Basic_YW5vdGhlci1zZWNyZXQ=", "is <removed>="),
        ("(YW5vdGhl\r\nci1zZWNy\nZXQ=)", "(<removed>=)"),
        // A short one as a word alone.
        ("abc", "<removed>"), ("is 'abc'", "is '<removed>'"), ("abcabc", "abcabc"), ("ábc abc", "ábc <removed>"),
    ])
    func `a secret is removed however it is written`(_ text: String, _ expected: String) {
        #expect(redaction.text(text) == expected)
    }

    // JSON writes what is beyond the first plane as two halves (RFC 8259 section 7), and most libraries do so of themselves.
    @Test(arguments: [
        (#"{"x":"pass\uD83D\uDD11word"}"#, #"{"x":"<removed>"}"#), (#"\ud83d\udd11 \uD83D"#, #"\ud83d\udd11 \uD83D"#),
        (#"pass\uD83Dword"#, #"pass\uD83Dword"#), (#"\uD83D\uDD"#, #"\uD83D\uDD"#),
        (#"\uD83D\u0041"#, #"\uD83D\u0041"#),
    ])
    func `a secret with a character of two escapes is removed`(_ text: String, _ expected: String) {
        #expect(Redaction([Secret("pass🔑word")]).text(text) == expected)
    }

    @Test func `of a secret that was cut at the end of a text nothing is left from six bytes on`() {
        let secret = Array(Self.secret.utf8)
        for length in 6..<secret.count {
            let cut = String(decoding: secret.prefix(length), as: UTF8.self)
            #expect(redaction.text("bad: \(cut)") == "bad: <removed>")
            #expect(!redaction.text("bad: \(cut) and more").contains("<removed>"))
        }
    }

    /// A text that ends within an escape, and a secret that could go on there, once ended the daemon.
    @Test(arguments: [
        "%", "%0", "%0D", "%D", "%+D", "\\", "\\u", "\\u00", "\\u000d", "\\x0", "&", "&#13", "&#13;", "&#x0D;",
    ])
    func `a secret that ends in a control character is looked for in texts that end anywhere`(_ end: String) {
        let secret = Redaction([Secret("mysecret\r\n")])
        let text = secret.text("bad secret mysecret" + end)
        #expect(!text.contains("mysecret") && text.hasPrefix("bad secret <removed>"), "\(text)")
        #expect(secret.text("mysecret" + end + " and more").hasSuffix(" and more"))
    }

    @Test func `any text gets through`() {
        var random = SystemRandomNumberGenerator()
        let pieces = Array("%&;#x+\\u\"abcdefGHI0123456789=/-_é\u{0}").map(String.init) + [Self.other, "amp;", "#x41;"]
        for _ in 0..<2000 {
            let text = (0..<Int.random(in: 0..<40, using: &random)).map { _ in pieces.randomElement() ?? "" }.joined()
            #expect(!redaction.text(text).contains(Self.other), "\(text)")
            for start in [0, 3] { _ = Redaction([Secret(String(text.dropFirst(start)))]).text(text) }
        }
    }

    @Test func `without secrets nothing is removed`() {
        #expect(Redaction.none.text("<removed> abc") == "<removed> abc")
        #expect(Redaction([Secret("")]).text("abc") == "abc")
    }
}
