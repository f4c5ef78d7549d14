// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The faults that are on, each with its count of requests.
package struct FaultTable: Sendable {
    private struct Entry: Sendable {
        let fault: Fault
        var seen = 0
    }

    private var entries: [Entry]

    /// Makes a table that starts with these faults.
    package init(_ faults: [Fault] = []) {
        entries = faults.map { Entry(fault: $0) }
    }

    /// The texts of the faults that are on, spent ones included.
    package var specifications: [String] { entries.map(\.fault.specification) }

    /// Turns one more fault on.
    package mutating func add(_ fault: Fault) {
        entries.append(Entry(fault: fault))
    }

    /// Turns all faults off.
    package mutating func clear() {
        entries = []
    }

    /// Counts a request of this operation, and says which faults befall it.
    package mutating func take(_ operation: Operation, call: String? = nil) -> [Fault] {
        var taken: [Fault] = []
        for index in entries.indices where entries[index].fault.suits(operation, call: call) {
            let fault = entries[index].fault
            entries[index].seen += 1
            let turn = entries[index].seen - fault.after
            if turn >= 1, fault.times.map({ turn <= $0 }) ?? true { taken.append(fault) }
        }
        return taken
    }
}
