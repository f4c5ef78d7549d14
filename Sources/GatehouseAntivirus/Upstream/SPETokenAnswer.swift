// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
import GatehouseWire

/// The answer of `/authentication` and `/refresh` (protocol page, sections 2.2 and 2.3).
package enum SPETokenAnswer {
    /// The gateway takes an `Authorization-SPE` of up to 300 characters; `Bearer ` takes seven of them.
    package static let longestToken = 293

    /// Thirty days; what claims to live longer is asked for anew then.
    private static let longestLifetime: Double = 30 * 86_400

    /// Reads an answer.
    ///
    /// The expiry is absolute, so the server's own `Date`, where it came through, tells how long that is; else
    /// `unixTime`, this machine's, does. `sentTraceID` stands in failures where the answer has lost it.
    package static func read(
        _ reply: UpstreamReply,
        requestedAt: Instant,
        unixTime: Double,
        sentTraceID: String? = nil
    ) -> Result<IssuedToken, RenewalFailure> {
        guard reply.isSuccess else {
            return .failure(failure(UpstreamFault(reply, unixTime: unixTime, sentTraceID: sentTraceID)))
        }
        guard let access = reply.object?["access_token"]?.string, isHeaderSafe(access) else {
            return .failure(transient(.unintelligible, "SPE's answer holds no token", reply, sentTraceID))
        }
        guard let expiry = reply.object?["access_token_expiration_time"].flatMap(unixSeconds) else {
            let message = "SPE's answer does not say until when its token is valid"
            return .failure(transient(.unintelligible, message, reply, sentTraceID))
        }
        guard access.utf8.count <= longestToken else {
            return .failure(
                transient(
                    .tokenTooLong,
                    "SPE's token has \(access.utf8.count) characters, and the gateway takes \(longestToken)",
                    reply,
                    sentTraceID
                )
            )
        }
        let lifetime = expiry - (reply.header("date").flatMap(HTTPDate.unixSeconds) ?? unixTime)
        guard lifetime > 0 else {
            return .failure(
                transient(
                    .unintelligible,
                    "SPE's new token has already expired: check this machine's clock",
                    reply,
                    sentTraceID
                )
            )
        }
        return .success(
            IssuedToken(
                access: Secret(access),
                refresh: (reply.object?["refresh_token"]?.string).flatMap { isHeaderSafe($0) ? Secret($0) : nil },
                lifetime: .seconds(min(lifetime, longestLifetime)),
                countedFrom: requestedAt
            )
        )
    }

    /// A number or its text; beyond 10^11 it can only be milliseconds (section 2.3).
    static func unixSeconds(_ value: JSONValue) -> Double? {
        let number = value.number?.double ?? value.string.flatMap { Double($0) }
        guard let number, number.isFinite, number > 0 else { return nil }
        return number > 1e11 ? number / 1000 : number
    }

    private static func transient(
        _ code: AntivirusError.Code,
        _ message: String,
        _ reply: UpstreamReply,
        _ sentTraceID: String?
    ) -> RenewalFailure {
        let answer = UpstreamAnswer(
            name: "spe",
            status: reply.status,
            traceID: reply.traceID ?? sentTraceID
        )
        return RenewalFailure(.transient, AntivirusError(code, message, upstream: answer))
    }

    private static func failure(_ fault: UpstreamFault) -> RenewalFailure {
        switch (fault.rejection, fault.error.code) {
        case (.clientID?, _): RenewalFailure(.wrongCredentials, fault.error)
        // GICAR's token is the only one that `/authentication` carries, so an unclear 401 is most likely about it.
        case (.gicarToken?, _), (.unclear?, _): RenewalFailure(.gicarRejected, fault.error)
        case (_, .rateLimited): RenewalFailure(.rateLimited, fault.error)
        default: RenewalFailure(.transient, fault.error)
        }
    }
}
