// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// A value of the Security Center's own type system, KLPAR (vendor's documentation, "KLPAR format").
///
/// Numbers stay the tokens that were sent, so nothing is rounded. `null` is legal as an argument, a return value and an
/// array's element, never inside a container.
package enum KLPARValue: Equatable, Sendable {
    case null
    case bool(Bool)
    /// `paramInt`, and any other bare number.
    case number(JSONNumber)
    case string(String)
    /// `paramLong`: 64 bits.
    case long(Int64)
    case float(JSONNumber)
    case double(JSONNumber)
    /// UTC in whole seconds: `2016-09-19T15:22:35Z`, or empty.
    case dateTime(String)
    /// `2016-09-19`, or empty.
    case date(String)
    case binary([UInt8])
    case array([KLPARValue])
    case params(KLPARParams)
}

/// A container: members in their order, each name once.
package struct KLPARParams: Equatable, Sendable {
    /// Names and values in their order.
    package private(set) var members: [(name: String, value: KLPARValue)] = []

    /// A container without members.
    package init() {}

    /// The value under a name; setting nil removes it.
    package subscript(name: String) -> KLPARValue? {
        get { members.first { $0.name.hasSameBytes(as: name) }?.value }
        set {
            let index = members.firstIndex { $0.name.hasSameBytes(as: name) }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append((name, value))
            case (nil, nil): break
            }
        }
    }

    /// Adds a member whose name is known to be new, as those of a JSON object are.
    mutating func append(_ name: String, _ value: KLPARValue) {
        members.append((name, value))
    }

    /// Equal when the members are the same, whatever their order.
    package static func == (left: KLPARParams, right: KLPARParams) -> Bool {
        left.members.count == right.members.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }
}

extension KLPARValue {
    /// The text of a string.
    package var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The truth value.
    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The whole number of an int or a long.
    package var integer: Int64? {
        switch self {
        case .number(let number): number.integer
        case .long(let value): value
        default: nil
        }
    }

    /// The elements of an array.
    package var array: [KLPARValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// The members of a container.
    package var params: KLPARParams? {
        guard case .params(let value) = self else { return nil }
        return value
    }
}

/// Where a value stands, which says how it is written.
package enum KLPARPosition: Sendable, CaseIterable {
    /// An argument, a return value or an out parameter: everything is bare, a container too.
    case top
    /// A member of a container: never null.
    case member
    /// An element of an array.
    case element
}

/// Why a JSON value is no KLPAR value, and where.
package struct KLPARError: Error, Equatable, Sendable {
    /// What is wrong.
    package enum Code: String, Sendable {
        /// A wrapper of a type that is not known here.
        case unknownType
        /// A wrapper whose value is not of its type.
        case wrongValue
        /// `null` inside a container.
        case nullMember
        /// An object that is no wrapper, where only a wrapper can stand.
        case notWrapped
    }

    /// What is wrong.
    package let code: Code
    /// The names and indices that lead there, the outermost first.
    package let path: [String]
}
