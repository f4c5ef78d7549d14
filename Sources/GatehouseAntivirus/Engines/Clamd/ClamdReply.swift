// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What clamd answered to one command, read strictly: one reply, all of it, and nothing else.
enum ClamdReply: Equatable, Sendable {
    /// `OK`.
    case ok
    /// `NAME FOUND`.
    case found(String)
    /// Text that ends in `ERROR`, or names a time that was up: what it says, without that word.
    case error(String)
    /// `INSTREAM size limit exceeded. ERROR`: the file is larger than `StreamMaxLength`.
    case streamTooLong
    /// The connection ended before a single byte.
    case nothing
    /// Anything else.
    case unintelligible(String)

    /// No reply of clamd's is longer, in bytes: a path and a signature's name.
    static let limit = 8 << 10

    /// Reads a reply to a scan, which was made on a connection of its own that clamd has closed since.
    ///
    /// Where clamd breaks the connection instead, as it does to a stream that is too long, it is believed in all but `OK`.
    init(_ reply: EngineReply, to command: ClamdCommand) {
        guard !reply.bytes.isEmpty else {
            self = .nothing
            return
        }
        let garbled = ClamdReply.unintelligible(cleaned(String(decoding: reply.bytes.prefix(256), as: UTF8.self), 200))
        guard reply.ending != .tooLong, reply.bytes.last == 0,
            let text = String(validating: reply.bytes.dropLast(), as: UTF8.self), !text.utf8.contains(0)
        else {
            self = garbled
            return
        }
        let read = Self.read(text, command)
        self = read == .ok && reply.ending != .complete ? garbled : read
    }

    /// Reads a whole reply to a scan, without its terminator and number, as it comes in a session.
    init(text bytes: ArraySlice<UInt8>, to command: ClamdCommand) {
        if let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) {
            self = Self.read(text, command)
        } else {
            self = .unintelligible(cleaned(String(decoding: bytes.prefix(256), as: UTF8.self), 200))
        }
    }

    private static func read(_ text: String, _ command: ClamdCommand) -> ClamdReply {
        if text == "INSTREAM size limit exceeded. ERROR" { return .streamTooLong }
        if let said = removing(suffix: " ERROR", from: text) { return .error(cleaned(said, 200)) }
        if text == "COMMAND READ TIMED OUT" { return .error(text) }
        guard let answer = answer(text, command) else { return .unintelligible(cleaned(text, 200)) }
        if answer == "OK" { return .ok }
        guard let name = removing(suffix: " FOUND", from: answer), isName(name) else {
            return .unintelligible(cleaned(text, 200))
        }
        return .found(name)
    }

    /// What stands after `stream: ` or `fd[N]: `, whichever belongs to the command.
    private static func answer(_ text: String, _ command: ClamdCommand) -> String? {
        switch command {
        case .version: return nil
        case .stream: return removing(prefix: "stream: ", from: text)
        case .fileDescriptor:
            guard let rest = removing(prefix: "fd[", from: text) else { return nil }
            let number = rest.utf8.prefix { (0x30...0x39).contains($0) }
            guard (1...10).contains(number.count) else { return nil }
            return removing(prefix: "]: ", from: String(rest.dropFirst(number.count)))
        }
    }

    /// A signature's name is printable and has no blanks; `(null)` is what clamd prints where it has none.
    private static func isName(_ name: String) -> Bool {
        (1...512).contains(name.utf8.count) && name != "(null)"
            && name.unicodeScalars.allSatisfy {
                $0.properties.generalCategory != .control && !$0.properties.isWhitespace
            }
    }

    private static func removing(prefix: String, from text: String) -> String? {
        text.utf8.starts(with: prefix.utf8) ? String(text.utf8.dropFirst(prefix.utf8.count)) : nil
    }

    private static func removing(suffix: String, from text: String) -> String? {
        let count = text.utf8.count - suffix.utf8.count
        guard count >= 0, text.utf8.dropFirst(count).elementsEqual(suffix.utf8) else { return nil }
        return String(text.utf8.prefix(count))
    }
}
