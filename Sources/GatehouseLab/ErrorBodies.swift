// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Which of the servers behind one address answers an error (protocol page, section 2.6).
package enum ErrorShape: String, Sendable {
    /// IBM API Connect itself, before the assembly: `httpCode` is a string.
    case ibm
    /// CTTI's policy `ctti-error-management`: `httpCode` is an integer, with an `errorCode`.
    case ctti
    /// Symantec Protection Engine, passed through: Spring Boot's body.
    case spe
    /// API Connect about a bearer token: its 401 with a challenge.
    case oauth
    /// Nobody: a status without a body.
    case empty
    /// A clean scan's report, under a status that is not its own.
    case clean
}

/// The three error bodies of the gateway's address, with the spellings of the protocol page.
package enum ErrorBodies {
    /// The shape in which the real chain answers this status.
    package static func usualShape(for status: Int) -> ErrorShape {
        switch status {
        case 400, 500: .ctti
        case 401: .spe
        default: status == 409 ? .ctti : .ibm
        }
    }

    /// An error of the gateway itself, before the assembly runs.
    package static func ibm(_ status: Int, _ text: String? = nil) -> Response {
        let body: JSONValue = [
            "httpCode": .string(String(status)), "httpMessage": .string(reason(status)),
            "moreInformation": .string(text ?? defaultInformation(status)),
        ]
        return Response(status: status, json: body)
    }

    /// The answer to a bearer token that is missing, unknown, revoked or expired.
    package static var invalidToken: Response { invalidToken(401) }

    /// The same under another status.
    package static func invalidToken(_ status: Int) -> Response {
        var response = ibm(status, securityText)
        response.headers.append(HeaderField("WWW-Authenticate", "Bearer error='invalid_token'"))
        return response
    }

    private static let securityText =
        "Cannot pass the security checks that are required by the target API or operation, "
        + "Enable debug headers for more details."

    private static func defaultInformation(_ status: Int) -> String {
        switch status {
        case 401: "Invalid client id or secret."
        case 404: "No resources match requested URI"
        case 405: "The method is not allowed for the requested URL"
        case 429: "Rate Limit exceeded"
        default: reason(status)
        }
    }

    /// An error of `ctti-error-management`, by its own code.
    package static func ctti(_ error: CTTIError) -> Response {
        let body: JSONValue = [
            "httpCode": .integer(error.status), "httpMessage": .string(error.message),
            "moreInformation": .string(error.text), "errorCode": .string(error.code),
        ]
        return Response(status: error.status, json: body)
    }

    /// An error of SPE; `path` is its own, under `/spe` or `/v1`.
    package static func spe(_ status: Int, _ message: String, path: String, at now: LabInstant) -> Response {
        let body: JSONValue = [
            "timestamp": .string(now.springText), "status": .integer(status), "error": .string(reason(status)),
            "message": .string(message), "path": .string(path),
        ]
        return Response(status: status, json: body)
    }

    /// The standard reason phrase.
    package static func reason(_ status: Int) -> String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Payload Too Large"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Entity"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: status < 400 ? "OK" : "Error"
        }
    }
}

/// One row of the table of `ctti-error-management` (protocol page, section 2.6).
package struct CTTIError: Equatable, Sendable {
    /// CTTI's own code.
    package let code: String
    /// The HTTP status, which is 500 where the code says 503.
    package let status: Int
    /// The message with the table's own spelling.
    package let message: String
    /// The text in Spanish under `moreInformation`.
    package let text: String

    /// A body or header that the policies refuse.
    package static let badRequest = CTTIError(
        code: "E0400",
        status: 400,
        message: "Bad Request",
        text: "Error de validación de los campos de entrada"
    )
    /// SPE refused the connection or did not answer within the time of `invoke`.
    package static let connection = CTTIError(
        code: "E0900",
        status: 500,
        message: "Internal Server Error",
        text: "Error de conexión con backend"
    )
    /// A script of the gateway failed.
    package static let unavailable = CTTIError(
        code: "E0500",
        status: 500,
        message: "Internal Server Error",
        text: "Servicio no disponible momentáneamente"
    )

    /// The row for a status; one that the table lacks is written in the table's manner.
    package static func row(for status: Int) -> CTTIError {
        switch status {
        case 400: badRequest
        case 500: unavailable
        case 401: other("E0401", 401, "Unauthorize")
        case 403: other("E0403", 403, "Forbidden")
        case 404: other("E0404", 404, "Not Found")
        case 405: other("E0405", 405, "Method Not Allowed")
        case 409: other("E0409", 409, "Conflict")
        case 429: other("E0429", 429, "Too Many Request")
        default: other("E0XXX", status, ErrorBodies.reason(status))
        }
    }

    private static func other(_ code: String, _ status: Int, _ message: String) -> CTTIError {
        CTTIError(code: code, status: status, message: message, text: message)
    }
}
