// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The faults that are on, each with its count of requests.
package struct FaultTable: Sendable {
    private struct Entry: Sendable {
        let fault: Fault
        var seen = 0

        /// Counts one more, and says whether the fault befalls it.
        mutating func isTurn() -> Bool {
            seen += 1
            let turn = seen - fault.after
            return turn >= 1 && fault.times.map { turn <= $0 } ?? true
        }
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
            if case .certificate = entries[index].fault.kind { continue }
            if entries[index].isTurn() { taken.append(entries[index].fault) }
        }
        return taken
    }

    /// Counts a new connection to a service, and says which certificate it sees; nil for the right one.
    package mutating func takeCertificate(of service: Service) -> Fault.CertificateFault? {
        var taken: Fault.CertificateFault?
        for index in entries.indices {
            guard case .certificate(let form) = entries[index].fault.kind,
                entries[index].fault.operation.map({ $0.service == service }) ?? true
            else { continue }
            if entries[index].isTurn(), taken == nil { taken = form }
        }
        return taken
    }
}
