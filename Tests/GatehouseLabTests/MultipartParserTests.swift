// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct MultipartParserTests {
    struct File: Equatable {
        var name: String?
        var content: String
    }

    /// What a receiver makes of a body that comes in the given pieces; nil where it refuses.
    static func receive(_ pieces: [[UInt8]], boundary: String = "b") -> File? {
        do {
            var receiver = try UploadReceiver(boundary: boundary)
            var content: [UInt8] = []
            for piece in pieces { for slice in try receiver.consume(piece) { content += slice } }
            try receiver.finish()
            #expect(receiver.fileBytes == content.count)
            return File(name: receiver.fileName, content: String(decoding: content, as: UTF8.self))
        } catch {
            return nil
        }
    }

    static let disposition = "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n"

    static let forms: [(String, File)] = [
        ("--b\r\n\(disposition)\r\nhello\r\n--b--\r\n", File(name: "a.txt", content: "hello")),
        ("--b\r\n\(disposition)\r\nhello\r\n--b--", File(name: "a.txt", content: "hello")),
        ("--b\r\n\(disposition)\r\n\r\n--b--\r\n", File(name: "a.txt", content: "")),
        ("--b\r\n\(disposition)\r\n--b--\r\n", File(name: "a.txt", content: "")),
        ("--b\r\n\(disposition)\r\n\r\n\r\n\r\n--b--", File(name: "a.txt", content: "\r\n\r\n")),
        (
            "--b\r\n\(disposition)\r\n\r\n--c\r\n--bb\r\n--b-\r\r\n--b--",
            File(name: "a.txt", content: "\r\n--c\r\n--bb\r\n--b-\r")
        ),
        (
            "preamble\r\n--bx\r\n--b \t \r\n\(disposition)\r\nx\r\n--b-- \r\nepilogue\r\n--b\r\n",
            File(name: "a.txt", content: "x")
        ),
        (
            "--b\r\n\r\nno header\r\n--b\r\nContent-Disposition: form-data; name=other\r\n\r\ny\r\n--b\r\n"
                + "\(disposition)Content-Type: text/plain\r\n\r\nz\r\n--b\r\n\(disposition)\r\nsecond\r\n--b--",
            File(name: "a.txt", content: "z")
        ),
        (
            "--b\r\ncontent-disposition:form-data;\r\n\t name=file ;filename=\"a \\\"b\\\\c;d=\\e.txt\"\r\n\r\nq\r\n--b--",
            File(name: "a \"b\\c;d=\\e.txt", content: "q")
        ),
        (
            "--b\r\nContent-Disposition: form-data; name=file; filename=x; filename*=UTF-8''%e2%82%ac+.txt\r\n\r\nq\r\n--b--",
            File(name: "€+.txt", content: "q")
        ),
        (
            "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nno file\r\n--b--",
            File(name: nil, content: "")
        ),
        ("--b--\r\n", File(name: nil, content: "")),
    ]

    @Test(arguments: 0..<forms.count) func `a form is read alike wherever it is cut in two`(_ index: Int) {
        let (text, file) = Self.forms[index]
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            #expect(Self.receive([Array(bytes[..<cut]), Array(bytes[cut...])]) == file, "cut at \(cut)")
        }
    }

    @Test(arguments: 0..<forms.count) func `a form is read alike byte by byte`(_ index: Int) {
        let (text, file) = Self.forms[index]
        #expect(Self.receive(text.utf8.map { [$0] }) == file)
    }

    @Test func `a form that ends early is refused wherever it ends`() {
        let text = "--b\r\n\(Self.disposition)\r\nhello\r\n--b--"
        let bytes = Array(text.utf8)
        for end in 0..<bytes.count {
            #expect(Self.receive([Array(bytes[..<end])]) == nil, "end at \(end)")
        }
    }

    @Test(arguments: [
        "--b\r\nno colon\r\n\r\nx\r\n--b--", "--b x\r\n\(disposition)\r\nx\r\n--b--",
        "--b\r\nA: b\rc\r\n\r\nx\r\n--b--",
        "--b\r\nbad name: x\r\n\r\nx\r\n--b--", "--b\r\nA: \(String(repeating: "x", count: 17_000))\r\n\r\nx\r\n--b--",
    ])
    func `malformed part headers are refused`(_ text: String) {
        #expect(Self.receive([Array(text.utf8)]) == nil)
        #expect(Self.receive(text.utf8.map { [$0] }) == nil)
    }

    @Test(arguments: [
        ("b", true), ("", false), (String(repeating: "x", count: 71), false), ("a b", true), ("a ", false),
    ])
    func `a boundary follows RFC 2046`(_ boundary: String, _ isGood: Bool) {
        #expect(((try? MultipartParser(boundary: boundary)) != nil) == isGood)
    }

    @Test func `nothing but a delimiter is held back`() throws {
        var parser = try MultipartParser(boundary: "b")
        _ = try parser.consume(Array("--b\r\n\(Self.disposition)\r\n".utf8))
        let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
        var count = 0
        for event in try parser.consume(piece + Array("\r\n--".utf8)) {
            if case .content(let slice) = event { count += slice.count }
        }
        #expect(count == piece.count)
    }

    @Test(arguments: [
        ("multipart/form-data; boundary=b", "b"), ("Multipart/Form-Data ; charset=x; Boundary=\"a;b\"", "a;b"),
        ("multipart/form-data", nil), ("multipart/form-data; boundary", nil), ("; ;;=", nil), ("", nil),
    ])
    func `the boundary is found in the content type`(_ text: String, _ boundary: String?) {
        #expect(MediaType(text)["boundary"] == boundary)
    }
}
