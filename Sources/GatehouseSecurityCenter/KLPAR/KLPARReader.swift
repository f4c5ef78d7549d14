// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

extension KLPARValue {
    /// Reads a value of the wire.
    ///
    /// At the top a bare text may stand for a string, a time or bytes, and a bare number for any number: the type is the
    /// method's to know, so they come as `string` and `number`. What servers and clients are known to do besides is
    /// taken too: a container that is wrapped at the top, and one that is not wrapped as an array's element. Throws
    /// ``KLPARError`` for anything else; what is carried on without being looked at is not read by this.
    package init(_ json: JSONValue, _ position: KLPARPosition) throws(KLPARError) {
        var reader = KLPARReader()
        self = try reader.read(json, position)
    }
}

extension KLPARParams {
    /// Reads the members of a container without its wrapper.
    package init(_ json: JSONObject) throws(KLPARError) {
        var reader = KLPARReader()
        self = try reader.params(json)
    }
}

/// Reads values and knows the way to the present one; the JSON reader has bounded the depth.
private struct KLPARReader {
    private var path: [String] = []

    mutating func read(_ json: JSONValue, _ position: KLPARPosition) throws(KLPARError) -> KLPARValue {
        switch json {
        case .null:
            guard position != .member else { throw fault(.nullMember) }
            return .null
        case .bool(let value): return .bool(value)
        case .number(let number): return .number(number)
        case .string(let text): return .string(text)
        case .array(let elements): return .array(try array(elements))
        case .object(let object): return try self.object(object, position)
        }
    }

    private mutating func array(_ elements: [JSONValue]) throws(KLPARError) -> [KLPARValue] {
        var values: [KLPARValue] = []
        for (index, element) in elements.enumerated() {
            path.append(String(index))
            values.append(try read(element, .element))
            path.removeLast()
        }
        return values
    }

    mutating func params(_ object: JSONObject) throws(KLPARError) -> KLPARParams {
        var params = KLPARParams()
        for (name, value) in object.members {
            path.append(name)
            params.append(name, try read(value, .member))
            path.removeLast()
        }
        return params
    }

    private mutating func object(_ object: JSONObject, _ position: KLPARPosition) throws(KLPARError) -> KLPARValue {
        switch position {
        case .top: return .params(try topParams(object))
        case .member:
            guard let wrapper = KLPARWrapper(object) else { throw fault(.notWrapped) }
            return try unwrap(wrapper)
        case .element:
            guard let wrapper = KLPARWrapper(object) else { return .params(try params(object)) }
            return try unwrap(wrapper)
        }
    }

    /// A container as it should be; a wrapped one only where that cannot be meant.
    private mutating func topParams(_ object: JSONObject) throws(KLPARError) -> KLPARParams {
        let depth = path.count
        do {
            return try params(object)
        } catch {
            path.removeLast(path.count - depth)
            guard let wrapper = KLPARWrapper(object), wrapper.type == "params", let inner = wrapper.value.object else {
                throw error
            }
            return try params(inner)
        }
    }

    private mutating func unwrap(_ wrapper: KLPARWrapper) throws(KLPARError) -> KLPARValue {
        switch (wrapper.type, wrapper.value) {
        case ("params", .object(let object)): return .params(try params(object))
        case ("long", .number(let number)): if let value = number.integer { return .long(value) }
        case ("float", .number(let number)): return .float(number)
        case ("double", .number(let number)): return .double(number)
        case ("datetime", .string(let text)): if KLPARTime.isDateTime(text) { return .dateTime(text) }
        case ("date", .string(let text)): if KLPARTime.isDate(text) { return .date(text) }
        case ("binary", .string(let text)): if let bytes = Base64.decode(text) { return .binary(bytes) }
        default: break
        }
        throw fault(KLPARWrapper.types.contains(wrapper.type) ? .wrongValue : .unknownType)
    }

    private func fault(_ code: KLPARError.Code) -> KLPARError {
        KLPARError(code: code, path: path)
    }
}

/// An object of exactly a `type` and a `value`.
struct KLPARWrapper {
    static let types: Set<String> = ["params", "long", "float", "double", "datetime", "date", "binary"]

    let type: String
    let value: JSONValue

    init?(_ object: JSONObject) {
        guard object.members.count == 2, let type = object["type"]?.string, let value = object["value"] else {
            return nil
        }
        self.type = type
        self.value = value
    }
}

/// The two forms of time: digits at their places, and within what a calendar has.
enum KLPARTime {
    static func isDateTime(_ text: String) -> Bool {
        guard !text.isEmpty else { return true }
        let bytes = Array(text.utf8)
        guard bytes.count == 20, bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), bytes[19] == UInt8(ascii: "Z"), isDay(bytes[..<10])
        else { return false }
        guard let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19])
        else { return false }
        return hour < 24 && minute < 60 && second < 61
    }

    static func isDate(_ text: String) -> Bool {
        text.isEmpty || isDay(Array(text.utf8)[...])
    }

    private static func isDay(_ bytes: ArraySlice<UInt8>) -> Bool {
        let bytes = Array(bytes)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            number(bytes[..<4]) != nil,
            let month = number(bytes[5..<7]), let day = number(bytes[8..<10])
        else { return false }
        return (1...12).contains(month) && (1...31).contains(day)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }
}
