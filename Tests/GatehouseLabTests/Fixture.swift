// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab

/// A laboratory with a client of its own, and a clock that stands still until a test moves it.
struct Fixture {
    static let clientId = "a client"
    static let clientSecret = "s+%&: e"
    static let apiClientId = "0123456789abcdef"
    static let start = LabInstant(seconds: 1_734_952_288)

    var laboratory: Laboratory
    var now = Self.start

    init(_ change: (inout LabConfiguration) -> Void = { _ in }) {
        var configuration = LabConfiguration(
            clientId: Self.clientId,
            clientSecret: Self.clientSecret,
            apiClientId: Self.apiClientId,
            sharedDirectory: "/lab/files2scan"
        )
        change(&configuration)
        laboratory = Laboratory(configuration)
    }

    /// Sends a request with its body to the end of the laboratory's steps; an upload's file is taken as clean.
    mutating func send(_ head: RequestHead, _ body: String = "", to service: Service) -> Delivery {
        let (exchange, first) = laboratory.begin(head, on: service, connection: 1, at: now)
        var step = first
        while true {
            switch step {
            case .reply(let delivery): return delivery
            case .collectBody: step = laboratory.resume(exchange, body: Array(body.utf8), at: now)
            case .discardBody: step = laboratory.resume(exchange, body: [], at: now)
            case .receiveUpload:
                return laboratory.finishUpload(exchange, .scanned(summary(.clean)), at: now)
            case .scanPath: return laboratory.finishScan(exchange, summary(.clean), at: now)
            }
        }
    }

    func summary(_ finding: ScanFinding) -> ScanSummary {
        ScanSummary(fileName: "a.txt", bytes: 5, type: "text/plain", finding: finding)
    }

    mutating func gicarToken() -> String {
        let form = "grant_type=client_credentials&client_id=a+client&client_secret=s%2B%25%26%3A+e"
        let headers = [HeaderField("Content-Type", "application/x-www-form-urlencoded")]
        let head = RequestHead(method: "POST", target: Keycloak.tokenPath, headers: headers)
        return send(head, form, to: .gicar).response.json?["access_token"]?.text ?? ""
    }

    /// A request to the gateway; nil leaves a header out.
    static func head(
        _ operation: String,
        gicar: String?,
        spe: String? = nil,
        client: String? = apiClientId,
        method: String = "POST",
        contentType: String? = nil
    ) -> RequestHead {
        let api = operation.hasPrefix("scan") ? Gateway.scanFilePath : Gateway.requestTokenPath
        var headers: [HeaderField] = []
        if let gicar { headers.append(HeaderField("Authorization", "Bearer " + gicar)) }
        if let client { headers.append(HeaderField("X-IBM-Client-Id", client)) }
        if let spe { headers.append(HeaderField("Authorization-SPE", spe)) }
        if let contentType { headers.append(HeaderField("Content-Type", contentType)) }
        return RequestHead(method: method, target: "\(api)/\(operation)", headers: headers)
    }

    mutating func tokens(gicar: String) -> (access: String, refresh: String, expiry: Int) {
        let json = send(Self.head("authentication", gicar: gicar), to: .apiConnect).response.json
        return (
            json?["access_token"]?.text ?? "", json?["refresh_token"]?.text ?? "",
            json?["access_token_expiration_time"]?.number ?? 0
        )
    }

    mutating func scan(gicar: String, spe: String?) -> Delivery {
        let type = "multipart/form-data; boundary=b"
        return send(Self.head("scan-file", gicar: gicar, spe: spe, contentType: type), to: .apiConnect)
    }
}
