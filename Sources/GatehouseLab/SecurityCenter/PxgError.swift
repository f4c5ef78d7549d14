// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// An error of a method, as the body of an answer with status 200 carries it.
package struct PxgError: Error, Equatable, Sendable {
    /// The error's number within its module.
    package let code: Int
    /// The number of the detail.
    package let subcode: Int
    /// The part of the product that it comes from.
    package let module: String
    /// The text without localisation.
    package let message: String
    /// The localised text, with `%1` and so on in place of the arguments.
    package let format: String
    /// The arguments of the localised text.
    package let arguments: [String]

    /// Makes an error.
    package init(
        _ code: Int,
        module: String = "KLSTD",
        subcode: Int = 0,
        _ message: String,
        format: String? = nil,
        _ arguments: [String] = []
    ) {
        self.code = code
        self.subcode = subcode
        self.module = module
        self.message = message
        self.format = format ?? message
        self.arguments = arguments
    }

    /// The whole body, with every member that clients are known to look for, and `locdata` wrapped.
    package var body: JSONValue {
        [
            "PxgError": [
                "code": .integer(code), "subcode": .integer(subcode), "module": .string(module),
                "file": "lab/securitycenter.cpp", "line": 1, "message": .string(message),
                "locdata": .params([
                    "format": .string(format), "format-id": 0, "locmodule": "",
                    "args": .array(arguments.map(JSONValue.string)),
                ]),
            ]
        ]
    }
}

extension PxgError {
    /// STDE_NOACCESS: not this caller's.
    static func noAccess(_ what: String) -> PxgError {
        PxgError(1184, "Access denied", format: "Access to %1 is denied", [what])
    }

    /// STDE_NOTFOUND: there is no such object.
    static func notFound(_ what: String) -> PxgError {
        PxgError(1186, "Object not found", format: "Object %1 not found", [what])
    }

    /// STDE_BADFORMAT: data that cannot be understood.
    static func badFormat(_ what: String) -> PxgError {
        PxgError(1192, "Bad format", format: "Bad format of %1", [what])
    }

    /// STDE_NOTPERM: not here, or not in this state.
    static func notPermitted(_ what: String) -> PxgError {
        PxgError(1193, "Operation is not permitted", format: "Operation %1 is not permitted", [what])
    }

    /// STDE_UNAVAIL: not now.
    static func unavailable(_ what: String) -> PxgError {
        PxgError(1195, "Temporarily unavailable", format: "%1 is temporarily unavailable", [what])
    }

    /// KLPRSS NOT_EXIST: a parameter that a method needs is missing.
    static func missingParameter(_ name: String) -> PxgError {
        PxgError(1125, module: "KLPRSS", "Parameter does not exist", format: "Parameter %1 does not exist", [name])
    }

    /// KLCONN GCR_NO_SUCH_CALL: a connector does not know the call.
    static func noSuchCall(_ name: String) -> PxgError {
        PxgError(1194, module: "KLCONN", "No such call", format: "Call %1 is not implemented", [name])
    }
}
