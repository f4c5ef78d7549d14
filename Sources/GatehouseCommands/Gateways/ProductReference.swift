// Gatehouse. SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// A product as `--product` takes it: `NAME/VERSION`.
struct ProductReference: Equatable, Sendable {
    let name: String
    let version: String
}

extension ProductReference: ExpressibleByArgument {
    /// Reads an argument; nil where it has not two parts.
    init?(argument: String) {
        let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        (name, version) = (parts[0], parts[1])
    }
}
