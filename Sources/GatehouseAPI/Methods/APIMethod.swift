// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehouseWire

/// A method of the API: its name, its schema, and the types of its params and result.
package protocol APIMethod: SendableMetatype {
    /// Its params.
    associatedtype Parameters: JSONRepresentable
    /// Its result.
    associatedtype Result: JSONRepresentable

    /// The name that requests carry.
    static var name: String { get }
    /// What `schemas/<name>.json` says, compiled once.
    static var schema: MethodSchema { get }
}

extension APIMethod {
    /// Checks the params of a request and reads them; left out, they count as an empty object.
    ///
    /// Throws an error of kind `invalidParams` that lists every violation.
    package static func parameters(from json: JSONValue?) throws(APIError) -> Parameters {
        try schema.check(json)
        return try Parameters(json: json ?? [:])
    }
}
