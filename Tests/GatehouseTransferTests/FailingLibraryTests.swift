// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseTransfer
import Testing

/// libcurl itself fails when memory is short.
///
/// The engine once shut itself down at that, so that a daemon was of no use until somebody restarted it.
@Suite(.timeLimit(.minutes(1))) struct FailingLibraryTests {
    let server: LoopbackServer
    let engine: TransferEngine
    private let fails = Locked(false)

    init() throws {
        server = try LoopbackServer.shared.get()
        engine = try TransferEngine(isFailing: { [fails] in fails.withLock { $0 } })
    }

    /// What comes of a request during which libcurl does nothing but fail.
    private func failureOfLibrary(_ work: () async throws(TransferError) -> Void) async -> TransferError? {
        fails.withLock { $0 = true }
        defer { fails.withLock { $0 = false } }
        return await failure(of: work)
    }

    @Test(arguments: [false, true])
    func `a failure of the library ends what is under way, and the next request is served`(first: Bool) async throws {
        let request = server.request(.get, "/echo")
        if !first { _ = try await engine.perform(request) }
        let error = await failureOfLibrary { () throws(TransferError) in _ = try await engine.perform(request) }
        #expect(error?.code == .unavailable)
        #expect(error?.requestMayHaveLeft == false)
        #expect(try await engine.perform(request).status == 200)
    }

    @Test func `a connection of one's own is gone with it, and another can be made`() async throws {
        let own = engine.connection()
        let request = server.request(.get, "/echo")
        _ = try await own.perform(request)
        let error = await failureOfLibrary { () throws(TransferError) in _ = try await engine.perform(request) }
        #expect(error?.code == .unavailable)
        let after = await failure { () throws(TransferError) in try await own.perform(request) }
        #expect(after?.code == .connectionGone)
        #expect(try await engine.connection().perform(request).status == 200)
    }
}
