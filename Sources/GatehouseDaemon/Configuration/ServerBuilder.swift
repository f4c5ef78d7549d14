// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseWire

/// Checks one Security Center and puts it together.
struct ServerBuilder {
    private let name: String
    private let value: JSONValue
    private var steps: [String] { ["servers", name] }
    private var upstream: UpstreamBuilder { UpstreamBuilder(value: value, steps: steps) }

    /// Builds a server; nil where a fault leaves nothing to build.
    static func build(
        _ name: String,
        _ value: JSONValue,
        _ source: inout ConfigurationSource
    ) -> ServerConfiguration? {
        let builder = ServerBuilder(name: name, value: value)
        if !UpstreamBuilder.isName(name) {
            source.refuse(builder.steps, "a server's name is 1 to 64 letters, digits, '.', '_' and '-'")
        }
        return builder.build(&source)
    }

    private func build(_ source: inout ConfigurationSource) -> ServerConfiguration? {
        let url = value["url"]?.string.flatMap { upstream.address($0, steps + ["url"], &source) }
        if let url, url.dropFirst("https://".count).contains("/") {
            source.refuse(steps + ["url"], "must have no path: the Open API's own is added")
        }
        let account = account(&source)
        let trust = upstream.trust(&source)
        let proxy = upstream.proxy(&source)
        guard let url, let account, let trust else { return nil }
        var server = ServerConfiguration(name: name, url: url, account: account, trust: trust, proxy: proxy)
        server.virtualServer = value["virtualServer"]?.string ?? ""
        server.sessionSeconds = value["sessionSeconds"]?.integer ?? server.sessionSeconds
        return server
    }

    private func account(_ source: inout ConfigurationSource) -> ServerConfiguration.Account? {
        guard let account = value["account"], account.object != nil else { return nil }
        let ways = ["user", "webToken", "oneTimeToken"].filter { account[$0] != nil }
        guard ways.count == 1 else {
            source.refuse(steps + ["account"], "needs exactly one of 'user', 'webToken' and 'oneTimeToken'")
            return nil
        }
        if let name = account["webToken"]?.string { return .webToken(name) }
        if let name = account["oneTimeToken"]?.string { return .oneTimeToken(name) }
        guard let password = account["password"]?.string else {
            if account["password"] == nil {
                source.refuse(steps + ["account", "password"], "missing; an account with a user needs it")
            }
            return nil
        }
        guard let user = account["user"]?.string else { return nil }
        let isInternal = account["internal"]?.bool ?? false
        if isInternal, account["domain"] != nil {
            source.refuse(steps + ["account", "domain"], "an account of the Security Center itself has no domain")
        }
        return .password(
            ServerConfiguration.PasswordAccount(
                user: user,
                password: password,
                isInternal: isInternal,
                domain: account["domain"]?.string ?? "",
                isDomainEncoded: account["domainEncoding"]?.string == "base64",
                totp: account["totp"]?.string
            )
        )
    }
}
