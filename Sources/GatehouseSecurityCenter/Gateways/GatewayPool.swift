// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform
package import GatehouseWire
package import Glibc

/// All gateways and upstream sessions of the daemon: opens, shares, keeps alive and ends them, on the loop.
package actor GatewayPool {
    private let loop: EventLoop
    private let spawner: TaskSpawner

    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Starts without a session; nothing is sent before somebody calls.
    package init(
        loop: EventLoop,
        spawner: TaskSpawner,
        limits: GatewayLimits = GatewayLimits(),
        servers: [SecurityCenterProfile],
        transport: @escaping @Sendable (SecurityCenterProfile) -> any ServerTransport
    ) {
        self.loop = loop
        self.spawner = spawner
    }

    /// Opens a gateway and gives it a handle; the route's session is shared with what this user has open already, but
    /// for `connection`.
    package func prepareGateway(
        server: String,
        route: Route,
        binding: GatewayBinding = .session,
        idleTimeout: Duration = .seconds(900),
        owner: uid_t
    ) async throws(SecurityCenterError) -> GatewayInfo {
        throw SecurityCenterError(.unavailable, "not built yet")
    }

    /// Calls a method through an open gateway.
    ///
    /// With `progress` the async action that the call begins is followed to its end, over the same session.
    package func call(
        _ handle: GatewayHandle,
        _ call: MethodCall,
        owner: uid_t,
        follow progress: (@Sendable (ActionResult) -> Void)? = nil
    ) async throws(SecurityCenterError) -> CallReply {
        throw SecurityCenterError(.unavailable, "not built yet")
    }

    /// Calls a method at the end of a route, the primary among them, over a session that is kept for a while.
    package func call(
        server: String,
        route: Route,
        _ call: MethodCall,
        owner: uid_t,
        follow progress: (@Sendable (ActionResult) -> Void)? = nil
    ) async throws(SecurityCenterError) -> CallReply {
        throw SecurityCenterError(.unavailable, "not built yet")
    }

    /// A gateway of a user's, or of anyone's where `owner` is nil; throws `unknownGateway`.
    package func gateway(_ handle: GatewayHandle, owner: uid_t?) throws(SecurityCenterError) -> GatewayInfo {
        throw SecurityCenterError(.unknownGateway, "there is no such gateway")
    }

    /// A user's gateways, or everyone's where `owner` is nil, the oldest first.
    package func gateways(owner: uid_t?) -> [GatewayInfo] { [] }

    /// Closes a gateway; its session is ended on the server in the background.
    package func closeGateway(_ handle: GatewayHandle, owner: uid_t?) throws(SecurityCenterError) {
        throw SecurityCenterError(.unknownGateway, "there is no such gateway")
    }

    /// Every upstream session that is held, the accounts' own among them.
    package func sessions() -> [UpstreamSessionInfo] { [] }

    /// Calls `observer` on the loop with each change of a gateway, until ``stopObserving(_:)``.
    package func observe(_ observer: @escaping @Sendable (GatewayChange) -> Void) -> UInt64 { 0 }

    /// Ends an observation.
    package func stopObserving(_ number: UInt64) {}

    /// Hosts by a filter, on a server at the end of `route`.
    package func findHosts(
        server: String,
        route: Route = .primary,
        _ search: HostSearch,
        owner: uid_t,
        within: Duration = .seconds(120)
    ) async throws(SecurityCenterError) -> HostList {
        throw SecurityCenterError(.unavailable, "not built yet")
    }

    /// The secondary servers of a server, their attributes in the wire's own form.
    package func listSecondaries(
        server: String,
        route: Route = .primary,
        owner: uid_t,
        within: Duration = .seconds(120)
    ) async throws(SecurityCenterError) -> [JSONObject] {
        throw SecurityCenterError(.unavailable, "not built yet")
    }

    /// Ends every session on its server, within ``GatewayLimits/endingTime``; from here on nothing is opened.
    package func shutDown() async {}
}
