// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The values of the keyword `format` that are checked.
///
/// To other readers of the schemas they are annotations, as both drafts allow; only `date-time` is one of JSON Schema's
/// own.
enum SchemaFormat: String, Sendable {
    /// RFC 3339, in any zone.
    case dateTime = "date-time"
    /// The last part of a path.
    case fileName = "file-name"
    /// The name of a file in the credentials' folder.
    case credentialName = "credential-name"
    /// A path from the root, without `.` and `..`.
    case absolutePath = "absolute-path"
    /// A number of bytes with a unit; see ``ByteSize``.
    case byteSize = "byte-size"
    /// A SHA-256 as hexadecimal digits or base64; see ``SHA256Pin``.
    case pin = "sha256-pin"

    /// The name of a Security Center's method: `Class.Method` or `Instance.Class.Method`.
    case upstreamMethod = "upstream-method"

    /// Whether the text has the format.
    func accepts(_ text: String) -> Bool {
        switch self {
        case .dateTime: DateTimeFormat.accepts(text)
        case .fileName: Self.isName(text) && !Self.isDots(text)
        case .credentialName: Self.isName(text) && text.utf8.first != UInt8(ascii: ".")
        case .absolutePath: Self.isAbsolutePath(text)
        case .byteSize: ByteSize(text) != nil
        case .pin: SHA256Pin(text) != nil
        case .upstreamMethod: Self.isUpstreamMethod(text)
        }
    }

    /// What a person reads after "must be".
    var expectation: String {
        switch self {
        case .dateTime: "a time such as \"2026-11-21T22:00:00.000Z\""
        case .fileName: "a file name of 1 to 255 bytes without '/' and control characters"
        case .credentialName: "the plain name of a file (no '/', no leading dot)"
        case .absolutePath: "a path that starts with '/', without '.', '..' and control characters"
        case .byteSize: "a size such as 15MiB or a whole number of bytes"
        case .upstreamMethod: "Class.Method or Instance.Class.Method, in letters and digits"
        case .pin: "\"sha256:\" and 64 hexadecimal digits or the same in base64"
        }
    }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 255 && !text.utf8.contains(UInt8(ascii: "/")) && !hasControls(text)
    }

    /// Two or three words of ASCII letters and digits, each of which begins with a letter.
    private static func isUpstreamMethod(_ text: String) -> Bool {
        let words = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return (2...3).contains(words.count)
            && words.allSatisfy { word in
                (word.first.map(isLetter) ?? false) && word.allSatisfy { isLetter($0) || isDigit($0) }
            }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isDots(_ text: String) -> Bool { text == "." || text == ".." }

    private static func isAbsolutePath(_ text: String) -> Bool {
        guard text.utf8.first == UInt8(ascii: "/"), text.utf8.count < 4096, !hasControls(text) else { return false }
        return !text.utf8.split(separator: UInt8(ascii: "/")).contains {
            $0.elementsEqual(".".utf8) || $0.elementsEqual("..".utf8)
        }
    }

    private static func hasControls(_ text: String) -> Bool {
        // The C1 controls are two bytes in UTF-8; a terminal obeys them as well.
        text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }
    }
}
