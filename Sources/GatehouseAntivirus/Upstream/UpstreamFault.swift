// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire

/// An answer of API Connect or SPE that is no success, told apart by its body's shape (protocol page, section 2.6).
package struct UpstreamFault: Equatable, Sendable {
    /// What a 401 is about; each calls for another reaction (protocol page, section 5).
    package enum Rejection: Equatable, Sendable {
        /// GICAR's token: renew it.
        case gicarToken
        /// SPE's token: refresh it.
        case speToken
        /// `X-IBM-Client-Id`: the configuration is wrong.
        case clientID
        /// It cannot be told: renew both.
        case unclear
    }

    /// What was rejected, where the answer is a 401.
    package let rejection: Rejection?
    /// What to tell the caller.
    package let error: AntivirusError

    /// Classifies an answer.
    ///
    /// `unixTime` says where in its minute a rate limit hit; `sentTraceID` stands in for one that the answer has lost.
    package init(_ reply: UpstreamReply, unixTime: Double, sentTraceID: String? = nil) {
        let shape = Shape(reply)
        let answer = UpstreamAnswer(
            name: shape.isSPE ? "spe" : "apiConnect",
            status: reply.status,
            code: shape.code.map { reply.quoted($0, 64) },
            text: shape.text.map { reply.quoted($0, 300) },
            traceID: reply.traceID ?? sentTraceID
        )
        rejection = reply.status == 401 ? Self.rejection(shape, reply) : nil
        error = Self.error(reply, rejection, answer, unixTime)
    }

    private static func rejection(_ shape: Shape, _ reply: UpstreamReply) -> Rejection {
        if shape.isSPE { return .speToken }
        let text = (shape.text ?? "").lowercased()
        if ["client id", "not registered", "registration not active", "not subscribed"].contains(where: text.contains) {
            return .clientID
        }
        let challenge = (reply.header("www-authenticate") ?? "").lowercased()
        let isToken =
            challenge.contains("invalid_token") || text.contains("token is invalid")
            || text.contains("security checks") || text.contains("could not verify")
        return isToken ? .gicarToken : .unclear
    }

    private static func error(
        _ reply: UpstreamReply,
        _ rejection: Rejection?,
        _ answer: UpstreamAnswer,
        _ unixTime: Double
    ) -> AntivirusError {
        switch reply.status {
        case 401 where rejection == .clientID:
            return AntivirusError(.wrongCredentials, "API Connect does not know this X-IBM-Client-Id", upstream: answer)
        case 401:
            return AntivirusError(.tokenRejected, "the token was not accepted", upstream: answer)
        case 429:
            let wait = RetryAfter.delay(reply, unixTime: unixTime) ?? RateLimitDelay.restOfMinute(unixTime)
            return AntivirusError(.rateLimited, "the plan's limit is reached", upstream: answer, retryAfter: wait)
        case 200..<300:
            return AntivirusError(.unintelligible, "the answer is not what this operation answers", upstream: answer)
        case 500...:
            return AntivirusError(.failed, "the server failed with HTTP \(reply.status)", upstream: answer)
        default: return AntivirusError(.refused, refusal(reply.status, answer), upstream: answer)
        }
    }

    /// What to do about a refusal, where its status tells (protocol page, sections 2.6, 2.7 and 5).
    private static func refusal(_ status: Int, _ answer: UpstreamAnswer) -> String {
        let text = "the server refused with HTTP \(status)"
        switch status {
        case 403 where answer.name == "apiConnect":
            return text + ": is the application's subscription approved and active?"
        case 404, 405: return text + ": check the profile's addresses"
        case 413: return text + ": the file is larger than it takes"
        default: return text
        }
    }

    /// Whether SPE itself answered, behind the gateway.
    static func isFromSPE(_ reply: UpstreamReply) -> Bool { Shape(reply).isSPE }

    /// The three shapes of an error body.
    private struct Shape {
        var isSPE = false
        var code: String?
        var text: String?

        init(_ reply: UpstreamReply) {
            guard let object = reply.object else { return }
            if object["timestamp"] != nil, let path = object["path"]?.string {
                isSPE = path.hasPrefix("/spe") || path.hasPrefix("/v1")
                code = object["error"]?.string
                text = object["message"]?.string
            } else {
                code = object["errorCode"]?.string
                text = object["moreInformation"]?.string ?? object["httpMessage"]?.string
            }
        }
    }
}

/// When to come back after a 429 that does not say (protocol page, section 5).
enum RateLimitDelay {
    /// Windows are fixed: the next one begins with the next minute.
    static func restOfMinute(_ unixTime: Double) -> Duration {
        .seconds(max(60 - unixTime.truncatingRemainder(dividingBy: 60), 0))
    }
}

/// A peer's text on one line in which nothing is left that may be a token or secret: servers quote what they did not
/// accept.
///
/// Such is what `redaction` knows, a word after `Bearer` or `Basic`, a JWT, and any run of 32 letters and digits with a
/// digit among them.
func withoutTokens(_ text: String, _ maximumLength: Int, _ redaction: Redaction = .none) -> String {
    func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-._~+".utf8.contains(byte)
        }
    }
    var result: [UInt8] = []
    var previousWord = ""
    // Only a little more than is kept is looked at, so that a long text costs no more than a short one.
    let beginning = String(decoding: text.utf8.prefix(maximumLength * 4 + 8192), as: UTF8.self)
    var rest = Array(redaction.text(beginning).utf8)[...]
    while let byte = rest.first {
        guard isPart(byte) else {
            result.append(byte)
            rest.removeFirst()
            continue
        }
        let word = rest.prefix(while: isPart)
        rest = rest.dropFirst(word.count)
        let isSecret = ["bearer", "basic"].contains(previousWord) || looksSecret(word)
        result += isSecret ? Array("<removed>".utf8) : Array(word)
        previousWord = word.count <= 8 ? String(decoding: word, as: UTF8.self).lowercased() : ""
    }
    return String(decoding: result, as: UTF8.self).onOneLine(maximum: maximumLength)
}

private func looksSecret(_ word: ArraySlice<UInt8>) -> Bool {
    if word.split(separator: UInt8(ascii: ".")).contains(where: { $0.count >= 8 && $0.starts(with: "eyJ".utf8) }) {
        return true
    }
    // The parts of a Java class name or of a UUID are shorter or have no digit.
    return word.split { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }.contains { part in
        part.count >= 32 && part.contains { $0 >= 0x30 && $0 <= 0x39 }
    }
}

/// Whether a token can stand in an HTTP header: visible ASCII alone, so that it cannot end the line and begin another.
func isHeaderSafe(_ token: String) -> Bool {
    !token.isEmpty && token.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
}
