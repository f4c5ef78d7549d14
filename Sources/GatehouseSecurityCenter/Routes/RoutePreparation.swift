// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehousePlatform
import GatehouseWire

/// The steps that open one route, as a machine without I/O.
///
/// The location of the last node is asked of its owner, through a gateway to that, which this machine asks for by
/// ``Step/enter(_:)`` and leaves at once after; then the primary prepares the whole way and the key is redeemed. Who
/// carries it out opens the owner's route by the same machine, unless it is open already.
///
/// Upstream requests for a route of depth N, with a session on the primary and nothing else open: N locations, N keys
/// and N sessions, of which N - 1 are ended again: **4 N - 1**, and no fewer can do it, since each owner has to be
/// reached before it can be asked. They are 3 for an agent of the primary, 7 behind one secondary, 11 behind two. A
/// route whose owner is open already takes 3, as do locations that the caller brought less one (2), and
/// a child server of the primary by its instance id (2); an instance id further away takes one more for the
/// look-up of its number. A key that was not accepted adds 2.
struct RoutePreparation: Sendable {
    enum Step: Sendable {
        /// Opens the owner's route, or uses it where it is open; answered by ``entered(_:)``.
        case enter(Route)
        /// Asks the owner; answered by ``answered(_:)``.
        case ask(OwnerQuestion)
        /// The owner is needed no longer; answered by ``left()``.
        case leave
        /// Asks the primary for a key; answered by ``prepared(_:)``.
        case prepare(KeyQuestion)
        /// Opens a session by the key, at once; answered by ``redeemed(_:)``.
        case redeem(Secret)
        /// The route is open.
        case done
        case failed(SecurityCenterError)
    }

    /// The whole way, as far as it is known: what deeper routes put before their own last location.
    private(set) var locations: [JSONValue] = []
    private let route: Route
    private var node: Route.Node?
    private var key: KeyQuestion?
    private var attempts = 0
    private var failure: SecurityCenterError?

    init(_ route: Route) {
        self.route = route
        node = route.nodes.last
    }

    /// What comes first.
    mutating func begin() -> Step {
        switch node {
        case nil: return .failed(SecurityCenterError(.invalidRoute, "the primary is no gateway"))
        case .secondaryInstance(let id) where route.nodes.count == 1:
            key = .instance(id)
            return .prepare(.instance(id))
        case .location:
            locations = route.nodes.compactMap { node in
                guard case .location(let location) = node else { return nil }
                return Self.wrapped(location.value)
            }
            key = .locations(locations)
            return .prepare(.locations(locations))
        default: return .enter(route.owner)
        }
    }

    /// The owner can be asked; with the locations that lead to it.
    mutating func entered(_ way: [JSONValue]) -> Step {
        locations = way
        guard let node else { return .leave }
        if case .secondaryInstance = node { return .ask(.secondaries) }
        return .ask(.location(node))
    }

    /// The owner's answer to the last question.
    mutating func answered(_ result: Result<CallReply, SecurityCenterError>, to question: OwnerQuestion) -> Step {
        switch (question, result) {
        case (_, .failure(let error)):
            failure = Self.unknown(error, question)
            return .leave
        case (.secondaries, .success(let reply)):
            guard let number = Self.number(of: node, in: reply.result) else {
                failure = SecurityCenterError(.unknownTarget, "the server has no such secondary server")
                return .leave
            }
            return .ask(.location(.secondary(number)))
        case (.location, .success(let reply)):
            guard reply.result.object != nil else {
                failure = SecurityCenterError(.unintelligible, "the answer is no location")
                return .leave
            }
            locations.append(Self.wrapped(reply.result))
            return .leave
        }
    }

    /// The owner has been left.
    mutating func left() -> Step {
        if let failure { return .failed(failure) }
        key = .locations(locations)
        return .prepare(.locations(locations))
    }

    /// The primary's answer.
    mutating func prepared(_ result: Result<CallReply, SecurityCenterError>) -> Step {
        switch result {
        case .failure(let error): return .failed(Self.notPrepared(error, key))
        case .success(let reply):
            // An out parameter by the documentation; a return value would do as well.
            guard let text = (reply.out["wstrAuthKey"] ?? reply.result).string, !text.isEmpty, text.utf8.count <= 4096,
                text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
            else { return .failed(SecurityCenterError(.unintelligible, "the answer is no key")) }
            attempts += 1
            return .redeem(Secret(text))
        }
    }

    /// Whether the key opened a session; one that may have been spent without that is replaced once.
    mutating func redeemed(_ result: Result<Void, SecurityCenterError>) -> Step {
        switch result {
        case .success: return .done
        case .failure(let error):
            guard let key, attempts < 2, error.code == .keyNotAccepted || error.requestMayHaveLeft,
                error.code != .cancelled
            else { return .failed(error) }
            return .prepare(key)
        }
    }

    // MARK: Values

    /// A location as an element of the list: wrapped once, and otherwise untouched.
    private static func wrapped(_ location: JSONValue) -> JSONValue {
        if let object = location.object, let wrapper = KLPARWrapper(object), wrapper.type == "params",
            wrapper.value.object != nil
        {
            return location
        }
        return ["type": "params", "value": location]
    }

    private static func number(of node: Route.Node?, in list: JSONValue) -> Int64? {
        guard case .secondaryInstance(let id) = node, let servers = try? KLPARValue(list, .top).array else {
            return nil
        }
        let server = servers.first { $0.params?["KLSRVH_SRV_INST_ID"]?.string?.hasSameBytes(as: id) == true }
        return server?.params?["KLSRVH_SRV_ID"]?.integer
    }

    /// What the primary's own errors mean for the whole way: which code stands for what is not documented, but there is
    /// nothing else that could be missing or away.
    private static func notPrepared(_ error: SecurityCenterError, _ question: KeyQuestion?) -> SecurityCenterError {
        var error = error
        switch (error.code, error.upstream?.code, question) {
        case (.upstreamError, "KLSTD \(ServerFault.notFound)", .instance):
            error.code = .unknownTarget
            error.message = "the server knows no such secondary server"
        case (.upstreamError, "KLSTD \(ServerFault.notFound)", _):
            error.code = .locationGone
            error.message = "the server no longer knows a location on the route"
        case (.upstreamError, "KLSTD \(ServerFault.unavailable)", _):
            error.code = .targetUnreachable
            error.message = "the server does not reach the target"
        default: break
        }
        return error
    }

    private static func unknown(_ error: SecurityCenterError, _ question: OwnerQuestion) -> SecurityCenterError {
        guard error.code == .upstreamError, error.upstream?.code == "KLSTD \(ServerFault.notFound)" else {
            return error
        }
        var error = error
        error.code = .unknownTarget
        error.message = "the server knows no such \(question.subject)"
        return error
    }
}
