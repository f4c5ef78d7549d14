// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The members of a JSON object in the order in which they were written, each name once.
///
/// Looking a name up walks the members: the objects of this wire have few.
public struct JSONObject: Sendable {
    /// Names and values in their order.
    public private(set) var members: [(name: String, value: JSONValue)]

    /// An object without members.
    public init() {
        members = []
    }

    /// Takes members whose names are known to differ.
    package init(unique members: [(name: String, value: JSONValue)]) {
        self.members = members
    }

    /// The value under a name.
    ///
    /// Setting nil removes the member; setting a new name appends it.
    public subscript(name: String) -> JSONValue? {
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

    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }
}

extension JSONObject: Equatable {
    /// Two objects are equal when they have the same members, whatever their order (RFC 8259 section 4).
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.count == right.members.count
            && left.members.allSatisfy { right[$0.name] == $0.value }
    }
}

extension String {
    /// Whether both are the same text byte by byte.
    ///
    /// `==` also takes canonically equivalent texts for equal, the Kelvin sign for a K among them; names and words of
    /// a protocol must not be that loose.
    package func hasSameBytes(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        // The views' own iterators take several times as long, and every member of every message comes by here.
        let isSame = utf8.withContiguousStorageIfAvailable { left in
            other.utf8.withContiguousStorageIfAvailable { right in left.hasSameBytes(as: right) }
        }
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether both hold the same bytes.
    ///
    /// A plain loop: most names are shorter than the way to anything cleverer.
    fileprivate func hasSameBytes(as other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard count == other.count else { return false }
        var index = 0
        while index < count {
            guard self[index] == other[index] else { return false }
            index += 1
        }
        return true
    }
}
