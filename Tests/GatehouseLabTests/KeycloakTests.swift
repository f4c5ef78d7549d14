// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseLab
import Testing

@Suite struct KeycloakTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var form = "grant_type=client_credentials&client_id=a+client&client_secret=s%2B%25%26%3A+e"
        var method = "POST"
        var path = Keycloak.tokenPath
        var type: String? = "application/x-www-form-urlencoded"
        var authorization: String?
        var status: Int
        var error: String?
        var testDescription: String { name }
    }

    // "a+client:s%2B%25%26%3A+e" and "other:wrong" in base64.
    static let good = "Basic YStjbGllbnQ6cyUyQiUyNSUyNiUzQStl"
    static let bad = "Basic b3RoZXI6d3Jvbmc="
    static let grant = "grant_type=client_credentials"

    static let cases = [
        Case(name: "credentials in the body", status: 200),
        Case(
            name: "a media type with a parameter",
            type: "application/x-www-form-urlencoded; charset=UTF-8",
            status: 200
        ),
        Case(name: "encoded credentials in the header", form: grant, authorization: good, status: 200),
        Case(name: "the body wins over the header", authorization: bad, status: 200),
        Case(
            name: "a bad body wins over a good header",
            form: grant + "&client_id=a+client&client_secret=wrong",
            authorization: good,
            status: 401,
            error: "unauthorized_client"
        ),
        Case(
            name: "credentials in the header that are not percent-encoded",
            form: grant,
            authorization: "Basic YSBjbGllbnQ6cyslJjogZQ==",
            status: 401
        ),
        Case(name: "a known scope", form: grant + "&scope=gicar_id_token", authorization: good, status: 200),
        Case(
            name: "an unknown scope",
            form: grant + "&scope=x",
            authorization: good,
            status: 400,
            error: "invalid_scope"
        ),
        Case(name: "an unknown client", form: grant, authorization: bad, status: 401, error: "invalid_client"),
        Case(name: "a missing secret", form: grant + "&client_id=a+client", status: 401, error: "unauthorized_client"),
        Case(name: "no client at all", form: grant, status: 400, error: "invalid_client"),
        Case(name: "a bearer header", form: grant, authorization: "Bearer x", status: 401),
        Case(name: "no grant", form: "client_id=a+client", status: 400, error: "invalid_request"),
        Case(name: "an unknown grant", form: "grant_type=x", status: 400, error: "unsupported_grant_type"),
        Case(
            name: "a doubled parameter",
            form: grant + "&" + grant,
            authorization: good,
            status: 400,
            error: "invalid_request"
        ),
        Case(name: "a cut escape", form: grant + "&client_id=%2", status: 400, error: "invalid_request"),
        Case(name: "a wrong verb", method: "GET", status: 405, error: "HTTP 405 Method Not Allowed"),
        Case(name: "JSON", type: "application/json", status: 415, error: "HTTP 415 Unsupported Media Type"),
        Case(name: "no media type", type: nil, status: 415, error: "HTTP 415 Unsupported Media Type"),
        Case(
            name: "an unknown realm",
            path: "/realms/other/protocol/openid-connect/token",
            status: 404,
            error: "Realm does not exist"
        ),
    ]

    @Test(arguments: cases) func `each request gets Keycloak's own answer`(_ each: Case) {
        var fixture = Fixture()
        var headers: [HeaderField] = []
        if let type = each.type { headers.append(HeaderField("content-type", type)) }
        if let authorization = each.authorization { headers.append(HeaderField("authorization", authorization)) }
        let head = RequestHead(method: each.method, target: each.path, headers: headers)
        let response = fixture.send(head, each.form, to: .gicar).response
        #expect(response.status == each.status)
        #expect(response.json?["error"]?.text == each.error)
        #expect((response.json?["access_token"] != nil) == (each.status == 200))
    }

    @Test func `a refusal without JSON carries the challenge`() {
        var fixture = Fixture()
        let headers = [
            HeaderField("Content-Type", "application/x-www-form-urlencoded"), HeaderField("Authorization", "Bearer x"),
        ]
        let head = RequestHead(method: "POST", target: Keycloak.tokenPath, headers: headers)
        let response = fixture.send(head, Self.grant, to: .gicar).response
        #expect(response.header("WWW-Authenticate") == "Basic realm=\"gicarcpd4\"")
        #expect(response.body.isEmpty)
    }

    @Test func `a token answer has the fields of the published picture`() {
        var fixture = Fixture()
        let headers = [HeaderField("Content-Type", "application/x-www-form-urlencoded")]
        let head = RequestHead(method: "POST", target: Keycloak.tokenPath, headers: headers)
        let response = fixture.send(head, Self.cases[0].form, to: .gicar).response
        #expect(response.header("Cache-Control") == "no-store")
        #expect(response.json?["expires_in"] == 300)
        #expect(response.json?["refresh_expires_in"] == 0)
        #expect(response.json?["token_type"] == "Bearer")
        #expect(response.json?["not-before-policy"] == 0)
        #expect(response.json?["scope"] == "gicar_id_token gicar_user_information")
        #expect(response.json?["refresh_token"] == nil)
        #expect(response.json?["access_token"]?.text?.split(separator: ".").count == 3)
    }

    @Test func `two tokens differ`() {
        var fixture = Fixture()
        #expect(fixture.gicarToken() != fixture.gicarToken())
    }
}
