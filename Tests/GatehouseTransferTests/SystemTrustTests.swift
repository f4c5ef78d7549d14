// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Foundation
import GatehouseTransfer
import Testing

/// libcurl looks for authorities in the system's folder too, even when a file of them is given.
@Suite(.timeLimit(.minutes(2)), .enabled(if: PrivateFiles.areAllowed)) struct SystemTrustTests {
    @Test func `an authority in the system's folder alone is not trusted when a file is given`() async throws {
        let server = try LoopbackServer.shared.get()
        let folder = server.folder + "/certs"
        let files = FileManager.default
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try files.copyItem(atPath: server.folder + "/ca.pem", toPath: folder + "/" + server.authorityHash + ".0")
        try files.copyItem(atPath: server.folder + "/other.pem", toPath: folder + "/ca-certificates.crt")
        let engine = try PrivateFiles.engine(replacing: "/etc/ssl/certs", with: folder)
        var request = server.request(.get, "/echo")
        request.freshConnection = true
        request.trust = .system
        #expect(try await engine.perform(request).status == 200)
        request.url = "https://other.localhost:\(server.port)/echo"
        let name = await failure { [request] () throws(TransferError) in try await engine.perform(request) }
        #expect(name?.code == .tlsNotTrusted)
        request.url = server.url("/echo")
        request.trust = server.authorities("other.pem")
        let error = await failure { [request] () throws(TransferError) in try await engine.perform(request) }
        #expect(error?.code == .tlsNotTrusted)
    }
}
