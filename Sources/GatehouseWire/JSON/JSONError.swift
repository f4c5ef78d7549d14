// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Why bytes are no JSON text, and where.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Code: String, Sendable {
        /// The text ended inside a value.
        case unexpectedEnd
        /// A character that cannot stand there.
        case unexpectedCharacter
        /// A number that goes wrong after its first character: a leading zero, a sign or a point without digits.
        case invalidNumber
        /// An escape that does not exist, or half of a surrogate pair.
        case invalidEscape
        /// A control character that is not escaped.
        case controlCharacter
        /// Bytes that are not UTF-8.
        case invalidUTF8
        /// The same member name twice in one object.
        case duplicateMember
        /// More levels of arrays and objects than allowed.
        case tooDeep
        /// More values than allowed.
        case tooManyValues
        /// Something after the value.
        case trailingData
    }

    /// What is wrong.
    public let code: Code
    /// The offset of the first byte that is wrong, from 0.
    public let offset: Int

    /// Describes a fault at a byte.
    public init(_ code: Code, at offset: Int) {
        self.code = code
        self.offset = offset
    }

    /// A sentence for the person who wrote the text.
    public var description: String {
        let reason =
            switch code {
            case .unexpectedEnd: "the text ends inside a value"
            case .unexpectedCharacter: "this character cannot stand here"
            case .invalidNumber: "not a JSON number"
            case .invalidEscape: "an escape that JSON does not have, or half of a surrogate pair"
            case .controlCharacter: "a control character inside a string must be escaped"
            case .invalidUTF8: "not UTF-8"
            case .duplicateMember: "a member name that this object already has"
            case .tooDeep: "more nested arrays and objects than allowed"
            case .tooManyValues: "more values than allowed"
            case .trailingData: "something follows the value"
            }
        return "\(reason) (byte \(offset))"
    }
}
