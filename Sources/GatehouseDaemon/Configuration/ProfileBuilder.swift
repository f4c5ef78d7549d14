// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// Checks one profile and puts it together.
struct ProfileBuilder {
    private let name: String
    private let value: JSONValue
    private var steps: [String] { ["profiles", name] }

    /// Builds a profile; nil where a fault leaves nothing to build.
    static func build(
        _ name: String,
        _ value: JSONValue,
        _ source: inout ConfigurationSource
    ) -> ProfileConfiguration? {
        let builder = ProfileBuilder(name: name, value: value)
        if !isName(name) {
            source.refuse(builder.steps, "a profile's name is 1 to 64 letters, digits, '.', '_' and '-'")
        }
        guard let engine = value["engine"]?.string else { return nil }
        guard engine == "spe" else {
            // Another word than these breaks the schema, which names it.
            if ["clamd", "icap"].contains(engine) {
                source.refuse(builder.steps, "engine \(engine) is not supported by this version")
            }
            return nil
        }
        return builder.build(&source)
    }

    private static func isName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || [0x2D, 0x2E, 0x5F].contains($0)
            }
    }

    private func build(_ source: inout ConfigurationSource) -> ProfileConfiguration? {
        for key in ["socket", "url", "plaintext"] where value[key] != nil {
            source.refuse(steps + [key], "not a key of engine spe")
        }
        for key in ["plan", "sharedPaths", "pathMaps", "dropOff", "definitions"] where value[key] != nil {
            source.note(steps + [key], "not in effect in this version")
        }
        for key in ["clientId", "clientSecret", "apiClientId"] where value[key] == nil {
            source.refuse(steps + [key], "missing; engine spe needs it")
        }
        let addresses = addresses(&source)
        let trust = trust(&source)
        let proxy = proxy(&source)
        guard let addresses, let trust, let clientID = value["clientId"]?.string,
            let secret = value["clientSecret"]?.string, let apiClientID = value["apiClientId"]?.string
        else { return nil }
        return ProfileConfiguration(
            name: name,
            tokenURL: addresses.token,
            requestTokenURL: addresses.requestToken,
            scanFileURL: addresses.scanFile,
            clientID: clientID,
            clientSecret: secret,
            apiClientID: apiClientID,
            clientAuthentication: value["clientAuthentication"]?.string == "basic" ? .basic : .body,
            trust: trust,
            proxy: proxy,
            plan: plan,
            sharedPaths: value["sharedPaths"]?.array?.compactMap(\.string)
        )
    }

    private var plan: ProfileConfiguration.Plan? {
        guard let plan = value["plan"] else { return nil }
        return ProfileConfiguration.Plan(
            perMinute: plan["perMinute"]?.integer.map(Int.init(clamping:)),
            perHour: plan["perHour"]?.integer.map(Int.init(clamping:))
        )
    }

    private func addresses(_ source: inout ConfigurationSource) -> ServiceAddresses? {
        switch (value["environment"], value["urls"]) {
        case (nil, nil):
            source.refuse(steps, "needs 'environment' (pre or pro) or 'urls'")
            return nil
        case (.some, .some):
            source.refuse(steps + ["urls"], "either 'environment' or 'urls', not both")
            return nil
        case (let environment?, nil): return environment.string.flatMap(ServiceAddresses.init(environment:))
        case (nil, let urls?):
            let texts = ["token", "requestToken", "scanFile"].map { key in
                urls[key]?.string.flatMap { address($0, steps + ["urls", key], &source) }
            }
            guard let token = texts[0], let requestToken = texts[1], let scanFile = texts[2] else { return nil }
            return ServiceAddresses(token: token, requestToken: requestToken, scanFile: scanFile)
        }
    }

    private func address(
        _ text: String,
        _ steps: [String],
        scheme: String = "https",
        _ source: inout ConfigurationSource
    ) -> String? {
        do {
            return try WebAddress(text, scheme: scheme).text
        } catch {
            source.refuse(steps, error.message)
            return nil
        }
    }

    private func proxy(_ source: inout ConfigurationSource) -> String? {
        guard let text = value["proxy"]?.string, !text.isEmpty else { return nil }
        return address(text, steps + ["proxy"], scheme: "http", &source)
    }

    private func trust(_ source: inout ConfigurationSource) -> ProfileConfiguration.Trust? {
        guard let tls = value["tls"] else { return .system }
        guard let members = tls.object?.members, members.count == 1, let text = members[0].value.string else {
            return nil
        }
        switch members[0].name {
        case "caFile":
            do {
                // A bundle of all the world's authorities is a few hundred KiB.
                let isPEM = try SmallFile.read(text, limit: 16 << 20) { bytes, _ in
                    String(decoding: bytes, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----")
                }
                if !isPEM { source.refuse(steps + ["tls", "caFile"], "the file holds no certificate in PEM form") }
            } catch {
                source.refuse(steps + ["tls", "caFile"], "the file cannot be read: \(error.reason)")
            }
            return .certificateAuthority(file: text)
        case "pinnedPublicKey": return SHA256Pin(text).map { .publicKey($0) }
        case "pinnedCertificate": return SHA256Pin(text).map { .certificate($0) }
        default: return nil
        }
    }
}
