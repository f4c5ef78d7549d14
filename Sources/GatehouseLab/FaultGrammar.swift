// Gatehouse. SPDX-License-Identifier: Apache-2.0

extension Fault {
    /// The grammar as `--help` and the control port show it.
    package static let grammar = """
        SPEC is STEP:KIND[=VALUE][,times=N][,after=N]
          STEP  token, authentication, refresh, scanFile, scanFilePath or any;
                of the Security Center: ksc for every request, login, FTDR, FTUR,
                or Class.Method, in which * stands for any characters
          KIND  latency=MILLISECONDS  later; from 60 s on the gateway's time-out
                status=CODE[-SHAPE]   an error; SHAPE is ibm, ctti, spe, oauth (of a
                                      bearer token), empty, or clean (a scan's)
                reset[=BYTES]         TCP RST, or once BYTES of the body have come
                halfBody              half of the bytes announced, then close
                revoked[=gicar]       the token sent is revoked before its check;
                                      at the Security Center: login, session, key
                emptyBody             200 without a body
                html[=CODE]           an HTML page with this status (200)
                wrongJson             JSON cut in the middle
                noContentType         the answer without Content-Type
                verdict=WORD          a scan answer with fileStatus WORD
                hang                  no answer, the connection stays open
                extraLongToken        an SPE access token over 300 characters
                expiredToken          a token that has expired when it comes
                deadToken             a token that nobody accepts
                expiry=FORM           text, milliseconds or millisecondsText
                wantsBody             the gateway wants a JSON body (400)
                counts=FORM           a scan's: short, zero or unknown (-1)
                retryAfter=SECONDS    Retry-After, also retryAfterDate=SECONDS
                noTraceId             the answer without X-Ctti-TraceId
                certificate=FORM      untrusted, otherName or expired; for the
                                      step's server and its next N connections
                redirect[=CODE]       a redirection (307) on the same server
                hugeBody[=BYTES]      so much more body (100000000)
                closeAfter            close after an answer that does not say so
                drip=MILLISECONDS     the body in 16 pieces, so long between them
                error=CODE[-MODULE]   a method's error (KLSTD) of the Security Center
                strayUrl              paths of files lead to another host
          times=N  for N requests (revoked: 1, others: all)
          after=N  after N requests of that step have passed unharmed (0)
        """

    /// Reads a fault from its text.
    package init(_ text: String) throws(FaultSyntaxError) {
        let fields = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let halves = fields[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard halves.count == 2 else {
            throw FaultSyntaxError(description: "fault '\(text)' is not of the form STEP:KIND")
        }
        (operation, call) = try Self.step(halves[0], in: text)
        let kindAndValue = halves[1].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = kindAndValue.count > 1 ? String(kindAndValue[1]) : nil
        kind = try Self.kind(String(kindAndValue[0]), value, in: text)
        var times: Int?
        var after: Int?
        for field in fields.dropFirst() {
            if times == nil, let number = Self.number(field, after: "times="), number > 0 {
                times = number
            } else if after == nil, let number = Self.number(field, after: "after=") {
                after = number
            } else {
                let rule = "is neither times=N nor after=N, each at most once"
                throw FaultSyntaxError(description: "'\(field)' in fault '\(text)' \(rule)")
            }
        }
        if case .revoked = kind, times == nil { times = 1 }
        self.times = times
        self.after = after ?? 0
        specification = text
        if let operation, !suits(operation) {
            throw FaultSyntaxError(description: "fault '\(text)': \(kindAndValue[0]) cannot befall \(halves[0])")
        }
    }

    private static func step(_ name: String, in text: String) throws(FaultSyntaxError) -> (Operation?, String?) {
        if name == "any" { return (nil, nil) }
        if name == "ksc" { return (.securityCenter, nil) }
        if ["login", "FTDR", "FTUR"].contains(name) || isMethod(name) { return (.securityCenter, name) }
        guard let operation = Operation(rawValue: name), operation != .unknown, operation != .securityCenter else {
            let steps =
                "token, authentication, refresh, scanFile, scanFilePath, any, ksc, login, FTDR, FTUR or Class.Method"
            throw FaultSyntaxError(description: "fault '\(text)': '\(name)' is no step; it must be \(steps)")
        }
        return (operation, nil)
    }

    /// `Class.Method`, perhaps with an instance before it and with `*` for any characters.
    private static func isMethod(_ name: String) -> Bool {
        name.contains(".")
            && name.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789.*".unicodeScalars.contains($0))
            }
    }

    private static func kind(_ name: String, _ value: String?, in text: String) throws(FaultSyntaxError) -> Kind {
        if let value {
            if let kind = valued(name, value) { return kind }
        } else if let kind = plain(name) {
            return kind
        }
        let told = value.map { "'\(name)' with value '\($0)'" } ?? "'\(name)' without a value"
        throw FaultSyntaxError(description: "fault '\(text)': there is no kind \(told)")
    }

    private static func plain(_ name: String) -> Kind? {
        switch name {
        case "reset": .reset(afterBytes: nil)
        case "halfBody": .halfBody
        case "revoked": .revoked(nil)
        case "emptyBody": .emptyBody
        case "html": .html(200)
        case "wrongJson": .wrongJson
        case "noContentType": .noContentType
        case "hang": .hang
        case "closeAfter": .closeAfter
        case "extraLongToken": .extraLongToken
        case "expiredToken": .expiredToken
        case "deadToken": .deadToken
        case "wantsBody": .wantsBody
        case "noTraceId": .noTraceId
        case "redirect": .redirect(307)
        case "hugeBody": .hugeBody(100_000_000)
        case "strayUrl": .strayUrl
        default: nil
        }
    }

    private static func valued(_ name: String, _ value: String) -> Kind? {
        switch name {
        case "latency": number(value).map(Kind.latency)
        case "status": status(value)
        case "reset": number(value).map { .reset(afterBytes: $0) }
        case "revoked": value == "gicar" ? .revoked(.gicar) : value == "spe" ? .revoked(nil) : nil
        case "html": number(value).flatMap { (200...599).contains($0) ? .html($0) : nil }
        case "verdict": word(value).map(Kind.verdict)
        case "drip": number(value).flatMap { $0 > 0 ? .drip($0) : nil }
        case "hugeBody": number(value).map(Kind.hugeBody)
        case "error": methodError(value)
        case "expiry": ExpiryForm(rawValue: value).map(Kind.expiry)
        case "counts": CountForm(rawValue: value).map(Kind.counts)
        case "certificate": CertificateFault(rawValue: value).map(Kind.certificate)
        case "retryAfter": number(value).map { .retryAfter($0, asDate: false) }
        case "retryAfterDate": number(value).map { .retryAfter($0, asDate: true) }
        case "redirect": number(value).flatMap { [301, 302, 303, 307, 308].contains($0) ? .redirect($0) : nil }
        default: nil
        }
    }

    private static func status(_ value: String) -> Kind? {
        let parts = value.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let code = number(parts[0]), (200...599).contains(code) else { return nil }
        guard parts.count > 1 else { return .status(code, nil) }
        return ErrorShape(rawValue: parts[1]).map { .status(code, $0) }
    }

    private static func methodError(_ value: String) -> Kind? {
        let parts = value.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let code = number(parts[0]) else { return nil }
        guard parts.count > 1 else { return .methodError(code, module: "KLSTD") }
        return word(parts[1]).map { .methodError(code, module: $0) }
    }

    private static func word(_ value: String) -> String? {
        let isWord = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        return isWord ? value : nil
    }

    /// A decimal number of at most nine digits, so that no arithmetic on it can overflow.
    private static func number(_ text: some StringProtocol) -> Int? {
        guard (1...9).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    private static func number(_ text: String, after prefix: String) -> Int? {
        text.hasPrefix(prefix) ? number(text.dropFirst(prefix.count)) : nil
    }
}
