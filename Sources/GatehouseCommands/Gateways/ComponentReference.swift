// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GatehouseWire

/// A product's component as `--component` takes it: `PRODUCT/VERSION/NAME`.
package struct ComponentReference: Equatable, Sendable {
    package let product: String
    package let version: String
    package let name: String

    /// As the daemon takes it.
    var json: JSONValue { ["product": .string(product), "version": .string(version), "name": .string(name)] }
}

extension ComponentReference: ExpressibleByArgument {
    /// Reads an argument; nil where it has not three parts, of which the last may be empty.
    ///
    /// Further slashes belong to the name.
    package init?(argument: String) {
        let parts = argument.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        (product, version, name) = (parts[0], parts[1], parts[2])
    }
}
