// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// A search filter: comparisons in parentheses, joined by `&`, `|` and `!` in front.
indirect enum HostFilter: Equatable, Sendable {
    case all([HostFilter])
    case any([HostFilter])
    case not(HostFilter)
    case comparison(Comparison)

    /// One attribute against one value.
    struct Comparison: Equatable, Sendable {
        let attribute: String
        /// The bits of a number that are looked at, where the filter names them.
        let mask: Int?
        let relation: Relation
        let value: Value
    }

    enum Relation: String, CaseIterable, Sendable {
        case notEqual = "<>"
        case atMost = "<="
        case atLeast = ">="
        case equal = "="
        case less = "<"
        case greater = ">"
    }

    enum Value: Equatable, Sendable {
        case text(String)
        case number(Int)
        /// In the form of a datetime value.
        case time(String)
        /// Seconds from now.
        case fromNow(Int)
        case bytes([UInt8])
        case bool(Bool)
    }

    /// Whether an object's attributes, in the form of a container's members, satisfy the filter.
    func accepts(_ attributes: JSONValue, at now: LabInstant) -> Bool {
        switch self {
        case .all(let filters): filters.allSatisfy { $0.accepts(attributes, at: now) }
        case .any(let filters): filters.contains { $0.accepts(attributes, at: now) }
        case .not(let filter): !filter.accepts(attributes, at: now)
        case .comparison(let comparison): comparison.accepts(attributes, at: now)
        }
    }
}

extension HostFilter.Comparison {
    func accepts(_ attributes: JSONValue, at now: LabInstant) -> Bool {
        guard let actual = attributes[attribute]?.unwrapped else { return false }
        switch (actual, value) {
        case (.string(let text), .text(let pattern)):
            guard relation == .equal || relation == .notEqual else {
                return orders(text.lowercased(), pattern.lowercased())
            }
            return WildcardPattern(pattern).matches(text) == (relation == .equal)
        case (.integer(let number), .number(let other)): return orders(mask.map { number & $0 } ?? number, other)
        case (.string(let time), .time(let other)): return orders(time, other)
        case (.string(let time), .fromNow(let seconds)):
            return orders(time, now.advanced(bySeconds: seconds).klparText)
        case (.string(let text), .bytes(let bytes)):
            return orders(text, ByteCoding.base64(bytes))
        case (.bool(let bool), .bool(let other)): return orders(bool ? 1 : 0, other ? 1 : 0)
        case (.bool(let bool), .number(let other)): return orders(bool ? 1 : 0, other)
        default: return false
        }
    }

    private func orders<Element: Comparable>(_ left: Element, _ right: Element) -> Bool {
        switch relation {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .greater: left > right
        case .atMost: left <= right
        case .atLeast: left >= right
        }
    }
}
