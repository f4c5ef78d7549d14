// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// What a client sent in one message (JSON-RPC 2.0 sections 4 and 6).
package enum IncomingMessage: Equatable, Sendable {
    /// A request, a notification, or something that is neither.
    case single(Call)
    /// An array of them, with at least one element.
    case batch([Call])
    /// An array without elements, which is answered with one error.
    case emptyBatch
    /// An array of more elements than allowed, which was read no further.
    case oversizedBatch

    /// One element of a message.
    package enum Call: Equatable, Sendable {
        /// Wants exactly one answer under its id.
        case request(id: MessageID, method: String, params: JSONValue?)
        /// Wants none, whatever happens.
        case notification(method: String, params: JSONValue?)
        /// Is no valid request; answered under its id where that could be read.
        case invalid(id: MessageID, reason: String)
    }

    /// Reads one complete message.
    ///
    /// Throws where the text is not JSON at all or has more than that many values; an object that is no request becomes
    /// `invalid`. `batchElements` is how many elements a batch may have: reading stops at the first one too many, so
    /// that a message of brackets and zeros costs no more than the allowed ones do. A request whose id has more than
    /// `idBytes`, quotes included, is `invalid`: ids are kept and sent back.
    package init(
        reading bytes: UnsafeBufferPointer<UInt8>,
        depth: Int,
        batchElements: Int = 1024,
        values: Int = .max,
        idBytes: Int = MessageID.usualMaximumBytes
    ) throws(JSONError) {
        var reader = JSONReader(bytes, depth: depth, values: values)
        if reader.nextByte() == UInt8(ascii: "[") {
            self = try Self.readBatch(&reader, maximum: batchElements, idBytes)
            if case .oversizedBatch = self { return }
        } else {
            self = .single(try Self.readCall(&reader, idBytes))
        }
        guard reader.isAtEnd() else { throw JSONError(.trailingData, at: reader.position) }
    }

    private static func readBatch(
        _ reader: inout JSONReader,
        maximum: Int,
        _ idBytes: Int
    ) throws(JSONError) -> IncomingMessage {
        try reader.enter()
        defer { reader.leave() }
        if reader.take(UInt8(ascii: "]")) { return .emptyBatch }
        var calls: [Call] = []
        repeat {
            guard calls.count < maximum else { return .oversizedBatch }
            calls.append(try readCall(&reader, idBytes))
        } while reader.take(UInt8(ascii: ","))
        guard reader.take(UInt8(ascii: "]")) else { throw reader.fail() }
        return .batch(calls)
    }

    private static func readCall(_ reader: inout JSONReader, _ idBytes: Int) throws(JSONError) -> Call {
        guard reader.nextByte() == UInt8(ascii: "{") else {
            let value = try reader.readValue()
            return .invalid(id: .null, reason: "a request is an object, not \(value.typeName)")
        }
        try reader.countValue()
        var members = Members(idBytes: idBytes)
        var names: [String] = []
        names.reserveCapacity(4)
        try reader.readMembers { (reader, name, start) throws(JSONError) in
            guard !names.contains(where: { $0.hasSameBytes(as: name) }) else {
                throw JSONError(.duplicateMember, at: start)
            }
            guard names.count < Members.maximumCount else {
                members.areTooMany = true
                _ = try reader.readValue()
                return
            }
            names.append(name)
            try members.read(name, &reader)
        }
        return members.call
    }
}

/// The members of a request, while they are read.
private struct Members {
    /// A request has four; the rest is room for extensions of clients that we ignore.
    static let maximumCount = 32

    let idBytes: Int
    var version: JSONValue?
    var method: JSONValue?
    var params: JSONValue?
    var id: MessageID?
    var idFault: String?
    /// Names are compared with each other; the bound keeps that from growing with the square of a message.
    var areTooMany = false

    mutating func read(_ name: String, _ reader: inout JSONReader) throws(JSONError) {
        switch name {
        case "jsonrpc": version = try reader.readValue()
        case "method": method = try reader.readValue()
        case "params": params = try reader.readValue()
        case "id": try readID(&reader)
        default: _ = try reader.readValue()
        }
    }

    private mutating func readID(_ reader: inout JSONReader) throws(JSONError) {
        _ = reader.nextByte()
        let start = reader.position
        let value = try reader.readValue()
        switch value {
        case _ where reader.position - start > idBytes:
            id = .null
            idFault = "\"id\" has no more than \(idBytes) bytes"
        case .string, .number, .null: id = MessageID(token: reader.token(from: start))
        default:
            id = .null
            idFault = "\"id\" must be a string, a number or null, not \(value.typeName)"
        }
    }

    var call: IncomingMessage.Call {
        if let fault = idFault ?? envelopeFault { return .invalid(id: id ?? .null, reason: fault) }
        let method = method?.string ?? ""
        let params = params?.isNull == true ? Optional.none : params
        guard let id else { return .notification(method: method, params: params) }
        return .request(id: id, method: method, params: params)
    }

    private var envelopeFault: String? {
        guard !areTooMany else { return "a request has no more than \(Self.maximumCount) members" }
        guard version == .string("2.0") else { return "\"jsonrpc\" must be \"2.0\"" }
        guard let method else { return "\"method\" is missing" }
        guard method.string != nil else { return "\"method\" must be a string, not \(method.typeName)" }
        switch params {
        case nil, .null?, .object?, .array?: return nil
        case let other?: return "\"params\" must be an object, not \(other.typeName)"
        }
    }
}

extension JSONReader {
    /// The text of what was read since an offset.
    fileprivate func token(from start: Int) -> String {
        String(decoding: bytes[start..<position], as: UTF8.self)
    }
}
