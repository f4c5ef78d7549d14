// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// What clamd answered to one command, read strictly: one reply, all of it, and nothing else.
enum ClamdReply: Equatable, Sendable {
    /// `OK`.
    case ok
    /// `NAME FOUND`; nil where clamd has no name for what it found.
    case found(String?)
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
        let garbled = ClamdReply.unintelligible(Self.shown(reply.bytes[...]))
        guard reply.ending != .tooLong, reply.bytes.last == 0 else {
            self = garbled
            return
        }
        let read = ClamdReply(text: reply.bytes.dropLast(), to: command)
        self = read == .ok && reply.ending != .complete ? garbled : read
    }

    /// Reads a whole reply to a scan, without its terminator and number, as it comes in a session.
    init(text bytes: ArraySlice<UInt8>, to command: ClamdCommand) {
        if bytes.contains(0) {
            self = .unintelligible(Self.shown(bytes))
        } else if bytes.elementsEqual("INSTREAM size limit exceeded. ERROR".utf8) {
            self = .streamTooLong
        } else if let said = Self.removing(suffix: " ERROR", from: bytes) {
            self = .error(Self.shown(said))
        } else if bytes.elementsEqual("COMMAND READ TIMED OUT".utf8) {
            self = .error(Self.shown(bytes))
        } else {
            self = Self.judgement(bytes, command) ?? .unintelligible(Self.shown(bytes))
        }
    }

    private static func shown(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix(256), as: UTF8.self).onOneLine(maximum: 200)
    }

    /// `OK`, `NAME FOUND`, or nil.
    ///
    /// A name is of any bytes but those that end a line: several lines are several replies.
    private static func judgement(_ text: ArraySlice<UInt8>, _ command: ClamdCommand) -> ClamdReply? {
        guard let answer = answer(text, command) else { return nil }
        if answer.elementsEqual("OK".utf8) { return .ok }
        if answer.elementsEqual("FOUND".utf8) { return .found(nil) }
        guard let name = removing(suffix: " FOUND", from: answer), !name.contains(where: { $0 == 0x0A || $0 == 0x0D })
        else { return nil }
        return .found(Self.name(name))
    }

    /// A signature's name for people; nil where there is none, for which clamd prints `(null)`.
    private static func name(_ bytes: ArraySlice<UInt8>) -> String? {
        let name = String(decoding: bytes, as: UTF8.self).onOneLine(maximum: 512)
        return name == "(null)" || name.unicodeScalars.allSatisfy(\.properties.isWhitespace) ? nil : name
    }

    /// What stands after `stream: ` or `fd[N]: `, whichever belongs to the command.
    private static func answer(_ text: ArraySlice<UInt8>, _ command: ClamdCommand) -> ArraySlice<UInt8>? {
        switch command {
        case .version: return nil
        case .stream: return removing(prefix: "stream: ", from: text)
        case .fileDescriptor:
            guard let rest = removing(prefix: "fd[", from: text) else { return nil }
            let number = rest.prefix { (0x30...0x39).contains($0) }
            guard (1...10).contains(number.count) else { return nil }
            return removing(prefix: "]: ", from: rest.dropFirst(number.count))
        }
    }

    private static func removing(prefix: String, from bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        bytes.starts(with: prefix.utf8) ? bytes.dropFirst(prefix.utf8.count) : nil
    }

    private static func removing(suffix: String, from bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let count = suffix.utf8.count
        return bytes.suffix(count).elementsEqual(suffix.utf8) ? bytes.dropLast(count) : nil
    }
}
