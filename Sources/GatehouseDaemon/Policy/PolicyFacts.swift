// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseAntivirus
import GatehousePlatform
import GatehouseSecurityCenter
import GatehouseServer
import GatehouseWire

/// What a call says of itself, before names that it leaves out are filled in.
struct PolicyFacts: Sendable {
    /// What a method has to do with.
    private enum Kind {
        /// A profile, the default one where none is named, and a file.
        case scan
        /// The tokens of a profile, of all of them where none is named.
        case tokens
        /// A Security Center and something behind it.
        case reach
        /// Neither.
        case other
    }

    let method: String
    var profile: String?
    var server: String?
    var call: String?
    var via: [Int64]?
    var target: Target?
    /// The open gateway that is used; its server and target count.
    var gateway: GatewayInfo?
    /// A handle that names no gateway of the caller's: nothing is reached, and the method says so.
    var isGatewayUnknown = false
    var locations: [JSONValue]?
    var path: String?
    var size = PolicyRequest.Size.none
    var followsTokens = false

    private var kind: Kind {
        switch method {
        case ScanFile.name, ScanPath.name: .scan
        case TokenStatus.name, TokenRefresh.name, TokenForget.name: .tokens
        case Subscribe.name: followsTokens ? .tokens : .other
        case PrepareGateway.name, CallAgent.name, CallServer.name, GetFile.name, PutFile.name, FindHosts.name,
            ListSecondaries.name:
            .reach
        default: .other
        }
    }

    init(method: String) {
        self.method = method
    }

    /// What a validated call says.
    ///
    /// Called on the loop, where the gateways live.
    init(_ method: String, _ call: GatehouseServer.MethodCall, _ pool: GatewayPool) {
        self.init(method: method)
        let parameters = call.parameters
        profile = parameters["profile"]?.string
        server = parameters["server"]?.string
        via = parameters["via"]?.array?.compactMap(\.integer)
        target = parameters["target"].flatMap { try? Target(json: $0) }
        locations = parameters["locations"]?.array
        path = method == ScanPath.name ? parameters["filePath"]?.string : nil
        followsTokens = parameters["topics"]?.array?.contains(.string(Subscribe.Topic.tokens.rawValue)) ?? false
        if method == CallAgent.name || method == CallServer.name { self.call = parameters["method"]?.string }
        size = Self.size(method, parameters)
        guard kind == .reach, let handle = parameters["gateway"]?.string else { return }
        let owner = call.peer.user
        gateway = pool.assumeIsolated { try? $0.gateway(GatewayHandle(handle), owner: owner) }
        isGatewayUnknown = gateway == nil
    }

    private static func size(_ method: String, _ parameters: JSONValue) -> PolicyRequest.Size {
        guard method == ScanFile.name else { return method == ScanPath.name ? .never : .none }
        guard let text = parameters["file"]?["content"]?.string?.utf8 else { return .later }
        // Base64 has four characters for three bytes, and padding for those that are missing (RFC 4648 section 4).
        return .bytes(Int64(text.count / 4 * 3 - text.suffix(2).count { $0 == UInt8(ascii: "=") }))
    }

    /// The same with the names that count where the caller leaves them out.
    func request(_ profiles: Profiles, _ centers: SecurityCenters) -> PolicyRequest {
        var request = PolicyRequest(method: method)
        request.path = enginePath(profiles)
        request.size = size
        request.call = call
        switch kind {
        case .scan: request.profiles = [profile ?? profiles.defaultName].compactMap(\.self)
        case .tokens: request.profiles = profile.map { [$0] } ?? profiles.all.map(\.name)
        case .reach where isGatewayUnknown: break
        case .reach:
            let only = centers.all.count == 1 ? centers.all[0].name : nil
            request.servers = [gateway?.server ?? server ?? only].compactMap(\.self)
            request.locations = gateway.map { Self.locations(of: $0.route) } ?? locations?.map(\.text)
            request.target = targetText
        case .other: break
        }
        return request
    }

    /// The raw locations that a gateway's route goes by; nil where it was asked for by names.
    private static func locations(of route: Route) -> [String]? {
        let locations = route.nodes.compactMap { node in
            if case .location(let location) = node { location.value.text } else { nil }
        }
        return locations.isEmpty ? nil : locations
    }

    /// The file as the engine is told it: rules look at that, however the caller names it.
    ///
    /// A path that no shared folder has stays as it came; the method refuses it.
    private func enginePath(_ profiles: Profiles) -> String? {
        guard let path, case .ready(let engine, _)? = (try? profiles.find(profile))?.state else { return path }
        return engine.paths?.folders.resolve(path)?.text ?? path
    }

    private var targetText: String {
        if let gateway { return PolicyTarget.text(gateway.route.nodes) }
        if let locations { return locations.map { _ in "location" }.joined(separator: "/") }
        return PolicyTarget.text(via: via, target: target)
    }
}
