// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// Checks one profile and puts it together.
struct ProfileBuilder {
    private let name: String
    private let value: JSONValue
    private var steps: [String] { ["profiles", name] }
    private var upstream: UpstreamBuilder { UpstreamBuilder(value: value, steps: steps) }

    /// Builds a profile; nil where a fault leaves nothing to build.
    static func build(
        _ name: String,
        _ value: JSONValue,
        _ source: inout ConfigurationSource
    ) -> ProfileConfiguration? {
        let builder = ProfileBuilder(name: name, value: value)
        if !UpstreamBuilder.isName(name) {
            source.refuse(builder.steps, "a profile's name is 1 to 64 letters, digits, '.', '_' and '-'")
        }
        guard let engine = value["engine"]?.string else { return nil }
        switch engine {
        case "spe":
            var profile = builder.build(&source)
            profile?.verdicts = VerdictConfiguration(value)
            return profile
        case "clamd", "icap":
            let settings = EngineBuilder(name: name, engine: engine, value: value).build(&source)
            return settings.map {
                var profile = ProfileConfiguration(name: name, engine: engine == "clamd" ? .clamd($0) : .icap($0))
                profile.verdicts = VerdictConfiguration(value)
                return profile
            }
        // Another word breaks the schema, which names it.
        default: return nil
        }
    }

    private func build(_ source: inout ConfigurationSource) -> ProfileConfiguration? {
        for key in ["socket", "url", "plaintext", "maxBytes"] where value[key] != nil {
            source.refuse(steps + [key], "not a key of engine spe")
        }
        for key in ["clientId", "clientSecret", "apiClientId"] where value[key] == nil {
            source.refuse(steps + [key], "missing; engine spe needs it")
        }
        let addresses = addresses(&source)
        let trust = upstream.trust(&source)
        let proxy = upstream.proxy(&source)
        let folders = SharingBuilder(value: value, steps: steps).folders(&source)
        let dropOff = SharingBuilder(value: value, steps: steps).dropOff(&source)
        guard let addresses, let trust, let clientID = value["clientId"]?.string,
            let secret = value["clientSecret"]?.string, let apiClientID = value["apiClientId"]?.string
        else { return nil }
        let spe = SPEConfiguration(
            tokenURL: addresses.token,
            requestTokenURL: addresses.requestToken,
            scanFileURL: addresses.scanFile,
            clientID: clientID,
            clientSecret: secret,
            apiClientID: apiClientID,
            clientAuthentication: value["clientAuthentication"]?.string == "basic" ? .basic : .body,
            trust: trust,
            proxy: proxy,
            tokenTimeoutSeconds: value["tokenTimeoutSeconds"]?.integer ?? 75,
            plan: plan,
            folders: folders,
            dropOff: dropOff,
            canaries: value["canaries"]?.bool == true ? EngineBuilder.accepted(value) : nil
        )
        return ProfileConfiguration(name: name, engine: .spe(spe))
    }

    private var plan: SPEConfiguration.Plan? {
        guard let plan = value["plan"] else { return nil }
        return SPEConfiguration.Plan(
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
            _ = addresses(value["urls"], &source)
            return nil
        case (let environment?, nil): return environment.string.flatMap(ServiceAddresses.init(environment:))
        case (nil, let urls): return addresses(urls, &source)
        }
    }

    private func addresses(_ urls: JSONValue?, _ source: inout ConfigurationSource) -> ServiceAddresses? {
        let texts = ["token", "requestToken", "scanFile"].map { key in
            urls?[key]?.string.flatMap { upstream.address($0, steps + ["urls", key], &source) }
        }
        guard let token = texts[0], let requestToken = texts[1], let scanFile = texts[2] else { return nil }
        return ServiceAddresses(token: token, requestToken: requestToken, scanFile: scanFile)
    }
}
