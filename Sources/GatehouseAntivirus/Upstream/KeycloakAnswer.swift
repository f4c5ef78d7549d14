// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import GatehouseWire

/// The answer of GICAR's token endpoint, a Keycloak (protocol page, sections 2.4 and 4).
package enum KeycloakAnswer {
    /// A day: no token of this API lives longer, and a longer claim must not keep a dead one in use for weeks.
    private static let longestLifetime: Double = 86_400

    /// Reads an answer.
    ///
    /// `requestedAt` is the time before the request was sent: `expires_in` counts from there. `unixTime` tells how far
    /// away the date of a `Retry-After` is.
    package static func read(
        _ reply: UpstreamReply,
        requestedAt: Instant,
        unixTime: Double
    ) -> Result<IssuedToken, RenewalFailure> {
        guard reply.isSuccess else { return .failure(failure(reply, unixTime)) }
        guard let access = reply.object?["access_token"]?.string, isHeaderSafe(access) else {
            return .failure(unintelligible("GICAR's answer holds no token", reply))
        }
        guard let seconds = reply.object?["expires_in"].flatMap(seconds), seconds > 0 else {
            return .failure(unintelligible("GICAR's answer does not say how long its token lives", reply))
        }
        return .success(
            IssuedToken(
                access: Secret(access),
                lifetime: .seconds(min(seconds, longestLifetime)),
                countedFrom: requestedAt
            )
        )
    }

    /// A number, or its text as some proxies of OAuth servers write it.
    private static func seconds(_ value: JSONValue) -> Double? {
        value.number?.double ?? value.string.flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
    }

    private static func unintelligible(_ message: String, _ reply: UpstreamReply) -> RenewalFailure {
        let answer = UpstreamAnswer(name: "gicar", status: reply.status)
        return RenewalFailure(.transient, AntivirusError(.unintelligible, message, upstream: answer))
    }

    private static func failure(_ reply: UpstreamReply, _ unixTime: Double) -> RenewalFailure {
        let code = reply.object?["error"]?.string
        let answer = UpstreamAnswer(
            name: "gicar",
            status: reply.status,
            code: code.map { reply.quoted($0, 64) },
            text: reply.object?["error_description"]?.string.map { reply.quoted($0, 300) }
        )
        switch (reply.status, code) {
        case (_, "invalid_client"?), (_, "unauthorized_client"?), (401, _):
            return RenewalFailure(
                .wrongCredentials,
                AntivirusError(.wrongCredentials, "GICAR does not accept the client id or secret", upstream: answer)
            )
        case (429, _):
            let wait = RetryAfter.delay(reply, unixTime: unixTime)
            return RenewalFailure(
                .rateLimited,
                AntivirusError(.rateLimited, "GICAR asks to wait", upstream: answer, retryAfter: wait)
            )
        case (500..., _):
            return RenewalFailure(
                .transient,
                AntivirusError(.failed, "GICAR failed with HTTP \(reply.status)", upstream: answer)
            )
        default:
            return RenewalFailure(
                .transient,
                AntivirusError(.refused, "GICAR refused with HTTP \(reply.status)", upstream: answer)
            )
        }
    }
}
