// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Why a file of `schemas/` cannot be used: a fault of this program, never of its input.
package struct SchemaError: Error, Equatable, CustomStringConvertible {
    /// What is wrong.
    package enum Code: Sendable {
        /// The file is no JSON text.
        case notJSON
        /// A keyword that the validator does not know, or one that cannot stand beside another.
        case unsupportedKeyword
        /// A keyword whose value has the wrong form.
        case invalidKeyword
        /// A reference that leads nowhere, or back to itself.
        case invalidReference
    }

    /// What is wrong.
    package let code: Code
    /// The file and the JSON Pointer in it.
    package let location: String
    /// The keyword or the reference.
    package let detail: String

    /// Describes a fault at a place.
    package init(_ code: Code, at location: String, _ detail: String) {
        self.code = code
        self.location = location
        self.detail = detail
    }

    /// For example `unsupportedKeyword at scanFile.json#/params: pattern`.
    package var description: String { "\(code) at \(location): \(detail)" }
}
