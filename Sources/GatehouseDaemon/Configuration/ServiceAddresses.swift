// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// The three addresses of the Antivirus API: a profile's own, or those that its operator publishes.
///
/// Source: portal pages `disenotecnico` and `manualdeuso`, and the API's OpenAPI files 2669-api-request-token and
/// 2669-api-scan-file.
struct ServiceAddresses: Sendable {
    let token: String
    let requestToken: String
    let scanFile: String

    init(token: String, requestToken: String, scanFile: String) {
        self.token = token
        self.requestToken = requestToken
        self.scanFile = scanFile
    }

    /// `environment: pre` or `environment: pro`.
    init?(environment: String) {
        let prefix: String
        let base: String
        switch environment {
        case "pre":
            prefix = "preproduccio."
            base = "https://preproduccio.ctti.apim.intranet.gencat.cat/ctti/privat-pre"
        case "pro":
            prefix = ""
            base = "https://ctti.apim.intranet.gencat.cat/ctti/privat"
        default: return nil
        }
        token =
            "https://\(prefix)endpointma.autenticaciogicar4.extranet.gencat.cat"
            + "/realms/gicarcpd4/protocol/openid-connect/token"
        requestToken = base + "/2669/api-request-token"
        scanFile = base + "/2669/api-scan-file"
    }
}
