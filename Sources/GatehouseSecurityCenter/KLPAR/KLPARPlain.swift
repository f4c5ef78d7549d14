// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

extension JSONValue {
    /// The value for people: every wrapper that is known replaced by what is in it, all else as it is.
    ///
    /// Numbers keep their digits; bytes stay base64; a wrapper of another type stays a wrapper. Whoever sends the result
    /// back sends something else.
    package var withoutKLPARWrappers: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.withoutKLPARWrappers))
        case .object(let object):
            if let wrapper = KLPARWrapper(object), wrapper.isConsistent {
                wrapper.type == "params"
                    ? .object((wrapper.value.object ?? JSONObject()).withoutKLPARWrappers) : wrapper.value
            } else {
                .object(object.withoutKLPARWrappers)
            }
        default: self
        }
    }
}

extension JSONObject {
    /// The members for people; the object itself is none of the wrappers.
    package var withoutKLPARWrappers: JSONObject {
        JSONObject(unique: members.map { ($0.name, $0.value.withoutKLPARWrappers) })
    }
}

extension KLPARWrapper {
    /// Whether the value is of the kind that the type has.
    var isConsistent: Bool {
        switch (type, value) {
        case ("params", .object), ("long", .number), ("float", .number), ("double", .number), ("datetime", .string),
            ("date", .string), ("binary", .string):
            true
        default: false
        }
    }
}
