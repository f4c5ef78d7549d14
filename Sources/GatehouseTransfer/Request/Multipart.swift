// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The frame around the one part of a `multipart/form-data` body (RFC 7578).
///
/// It is written here and not by libcurl's mime calls, so that every body goes through one read callback, whose pause
/// is documented (CURLOPT_READFUNCTION(3)).
struct Multipart {
    let contentType: String
    let prefix: [UInt8]
    let suffix: [UInt8]

    /// `boundary` must not occur in the file: 128 random bits do not.
    init(field: String, fileName: String, boundary: String) {
        contentType = "multipart/form-data; boundary=" + boundary
        let disposition = "form-data; name=\"\(Self.escaped(field))\"; filename=\"\(Self.escaped(fileName))\""
        prefix = Array(
            """
            --\(boundary)\r
            Content-Disposition: \(disposition)\r
            Content-Type: application/octet-stream\r
            \r

            """.utf8
        )
        suffix = Array("\r\n--\(boundary)--\r\n".utf8)
    }

    static func randomBoundary() -> String {
        var generator = SystemRandomNumberGenerator()
        return "gatehouse-"
            + [generator.next(), generator.next()].map { (part: UInt64) in
                let digits = String(part, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }.joined()
    }

    /// As browsers do (WHATWG HTML, "multipart/form-data encoding algorithm"): these three would end the name.
    private static func escaped(_ name: String) -> String {
        var result = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case "\"": result += "%22"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
