// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct CodingTests {
    @Test(arguments: [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("???>", "Pz8_Pg")])
    func `base64url is that of RFC 4648`(_ text: String, _ encoded: String) {
        #expect(ByteCoding.base64URL(text.utf8) == encoded)
    }

    @Test(arguments: [
        ("Zm9v", "foo"), ("Zg==", "f"), ("Zg", "f"), ("Pz8/Pg==", "???>"), ("Z", nil), ("Zg=", nil), ("Zm9v====", nil),
        ("Z g=", nil), ("_w==", nil),
    ])
    func `base64 is read strictly`(_ text: String, _ decoded: String?) {
        #expect(ByteCoding.decodeBase64(text).map { String(decoding: $0, as: UTF8.self) } == decoded)
    }

    @Test(arguments: [("a+b", "a b"), ("%2B%e2%82%ac", "+€"), ("%", nil), ("%4", nil), ("%zz", nil), ("%ff", nil)])
    func `form values are decoded`(_ text: String, _ decoded: String?) {
        #expect(ByteCoding.decodeForm(text) == decoded)
    }

    @Test(arguments: [
        #"{"a":[1,-2.5,true,false,null,"\"\\\u00e9\ud83d\ude00\n"]}"#, " [ ] ", "0", #""x""#, "1e3",
    ])
    func `lawful JSON is read, and read again after writing`(_ text: String) {
        let value = JSONReader.read(Array(text.utf8))
        #expect(value != nil)
        #expect(value.flatMap { JSONReader.read(Array($0.compact.utf8)) } == value)
    }

    @Test(arguments: [
        "", "{", "{\"a\"}", "{\"a\":1,}", "[1,]", "01", "-", "1.", "nul", "\"\u{1}\"", "\"\\x\"", "\"\\ud800\"",
        "[] []",
        "\"abc", "{a:1}", String(repeating: "[", count: 33) + String(repeating: "]", count: 33), "\"\\u12",
    ])
    func `unlawful JSON is refused`(_ text: String) {
        #expect(JSONReader.read(Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_400_123, "2000-02-29T00:00:00.123Z"),
        (1_733_180_400_000, "2024-12-02T23:00:00.000Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
    ])
    func `times are written in UTC`(_ milliseconds: Int, _ text: String) {
        #expect(LabInstant(milliseconds: milliseconds).iso8601 == text)
    }

    @Test(arguments: [
        ("/a?b=c", "/a", "b=c"), ("https://localhost:1/a/b?c", "/a/b", "c"), ("HTTP://x", "/", ""),
        ("http://x?b", "", "b"), ("httpx://y/z", "httpx://y/z", ""), ("*", "*", ""),
    ])
    func `a target may be absolute`(_ target: String, _ path: String, _ query: String) {
        let head = RequestHead(method: "GET", target: target)
        #expect(head.path == path)
        #expect(head.query == query)
    }
}
