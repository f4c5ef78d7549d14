// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Testing

@testable import GatehouseSecurityCenter

/// A pool on a loop of its own, in front of a ``ScriptedServer``; the loop ends with it.
final class Scene: Sendable {
    let server = ScriptedServer()
    let loop: EventLoop
    let pool: GatewayPool

    init(limits: GatewayLimits = GatewayLimits(), account: SecurityCenterAccount? = nil) throws {
        let loop = try EventLoop()
        let server = server
        self.loop = loop
        let profile = SecurityCenterProfile(
            name: "main",
            url: "https://ksc.example:13299",
            account: account ?? .password(PasswordAccount(user: "api", password: Secret("secret")))
        )
        let spawner = TaskSpawner { body in
            let task = Task { await body() }
            return TaskSpawner.Running { task.cancel() }
        }
        pool = GatewayPool(loop: loop, spawner: spawner, limits: limits, servers: [profile], seed: 7) { _ in server }
        try Thread.start("loop") { loop.run() }
    }

    deinit {
        let loop = loop
        Task { await LoopEnd(loop).stop() }
    }

    /// Calls `Where.Am`, which answers where the session leads.
    func whereAmI(_ route: Route = .primary, owner: UInt32 = 1000) async throws -> CallReply {
        try await pool.call(server: "main", route: route, Self.whereCall(), owner: owner)
    }

    func whereAmI(_ gateway: GatewayInfo, isIdempotent: Bool = false) async throws -> CallReply {
        try await pool.call(gateway.handle, Self.whereCall(isIdempotent: isIdempotent), owner: gateway.owner)
    }

    static func whereCall(isIdempotent: Bool = false) -> MethodCall {
        MethodCall(MethodName(own: "Where.Am"), isIdempotent: isIdempotent)
    }

    /// Waits until what happens in the background has happened.
    func eventually(
        _ sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: @Sendable () async -> Bool
    ) async {
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            if await condition() { return }
            await Task.yield()
        }
        Issue.record("it has not come to that", sourceLocation: sourceLocation)
    }
}

private actor LoopEnd {
    private let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop) {
        self.loop = loop
    }

    func stop() {
        loop.stop()
    }
}

/// The code of the error that a call throws, or nil.
func code<Value>(of body: () async throws -> Value) async -> SecurityCenterError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? SecurityCenterError)?.code
    }
}
