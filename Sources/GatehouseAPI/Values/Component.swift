// Gatehouse. SPDX-License-Identifier: Apache-2.0

public import GatehouseWire

/// A component of a product on a host (`$defs/component` of `schemas/common.json`).
public struct Component: Equatable, JSONRepresentable {
    /// The product's id, for example `KES`.
    public var product: String
    /// The product's version, for example `11.0.0.0`.
    public var version: String
    /// The component's name.
    public var name: String

    /// Puts one together.
    public init(product: String, version: String, name: String) {
        self.product = product
        self.version = version
        self.name = name
    }

    /// As the schema has it.
    public var json: JSONValue {
        [
            "product": .string(product),
            "version": .string(version),
            "name": .string(name),
        ]
    }

    /// Reads one.
    public init(json: JSONValue) throws(APIError) {
        let reader = try MemberReader(json, "component")
        product = try reader.string("product")
        version = try reader.string("version")
        name = try reader.string("name")
    }
}
