// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// A configuration file that was read but not yet understood: its value, and what is wrong with it so far.
struct ConfigurationSource {
    let file: String
    let document: YAMLDocument
    private(set) var faults: [ConfigurationFault] = []
    private(set) var notices: [ConfigurationFault] = []

    init(file: String, document: YAMLDocument) {
        self.file = file
        self.document = document
    }

    /// The fault of a part, in its line.
    func fault(_ steps: [String], _ message: String) -> ConfigurationFault {
        fault(at: JSONPointer.text(of: steps), message)
    }

    /// The fault of a part, in its line.
    func fault(at pointer: String, _ message: String) -> ConfigurationFault {
        ConfigurationFault(
            file: file,
            line: document.mark(at: pointer)?.line,
            key: Self.key(pointer),
            message: message
        )
    }

    /// Notes that a part is wrong.
    mutating func refuse(_ steps: [String], _ message: String) {
        faults.append(fault(steps, message))
    }

    /// Notes that a part does less than its writer may expect.
    mutating func note(_ steps: [String], _ message: String) {
        notices.append(fault(steps, message))
    }

    /// Takes over what the schema finds.
    mutating func add(_ violations: [Violation]) {
        faults += violations.map { fault(at: $0.path, $0.message) }
    }

    /// Notes which of the credentials that are named cannot be read.
    mutating func add(faultsOf store: CredentialStore) {
        for (name, steps) in CredentialKeys.named(in: document.value) {
            do { _ = try store.read(name) } catch { refuse(steps, error.message) }
        }
    }

    /// A JSON Pointer as people read it: `/profiles/pro/pathMaps/0/local` is `profiles.pro.pathMaps[0].local`.
    static func key(_ pointer: String) -> String {
        pointer.split(separator: "/").reduce(into: "") { key, step in
            if step.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
                key += "[\(step)]"
            } else {
                key += key.isEmpty ? "" : "."
                key += step.replacing("~1", with: "/").replacing("~0", with: "~")
            }
        }
    }
}
