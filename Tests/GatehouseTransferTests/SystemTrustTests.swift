// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Foundation
import GatehousePlatform
import GatehouseTransfer
import Glibc
import Testing

/// libcurl looks for authorities in the system's folder too, even when a file of them is given.
@Suite(.timeLimit(.minutes(2))) struct SystemTrustTests {
    static let canMount = geteuid() == 0 && (try? privateEngine(folder: "/tmp")) != nil

    typealias Call = @convention(c) (Int32) -> Int32
    typealias Mount =
        @convention(c) (
            UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UInt, UnsafeRawPointer?
        ) -> Int32

    /// An engine whose threads alone see `folder` as `/etc/ssl/certs`: a mount namespace belongs to a thread and to
    /// those that it starts.
    static func privateEngine(folder: String) throws -> TransferEngine {
        guard let unshare = dlsym(nil, "unshare"), let mount = dlsym(nil, "mount") else {
            throw SystemError(code: ENOSYS, call: "dlsym")
        }
        let functions = (unsafeBitCast(unshare, to: Call.self), unsafeBitCast(mount, to: Mount.self))
        let result = Locked<Result<TransferEngine, SystemError>?>(nil)
        try GatehousePlatform.Thread.start("private") {
            let newNamespace: Int32 = 0x20000
            let (bind, recursivePrivate): (UInt, UInt) = (0x1000, 0x44000)
            let isMounted =
                functions.0(newNamespace) == 0 && functions.1("none", "/", nil, recursivePrivate, nil) == 0
                && functions.1(folder, "/etc/ssl/certs", nil, bind, nil) == 0
            let error = SystemError.current("mount")
            let engine = isMounted ? try? TransferEngine() : nil
            result.withLock { $0 = engine.map { .success($0) } ?? .failure(error) }
        }
        while true {
            if let result = result.withLock({ $0 }) { return try result.get() }
            usleep(1000)
        }
    }

    @Test(.enabled(if: canMount))
    func `an authority in the system's folder alone is not trusted when a file is given`() async throws {
        let server = try LoopbackServer.shared.get()
        let folder = server.folder + "/certs"
        let files = FileManager.default
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try files.copyItem(atPath: server.folder + "/ca.pem", toPath: folder + "/" + server.authorityHash + ".0")
        try files.copyItem(atPath: server.folder + "/other.pem", toPath: folder + "/ca-certificates.crt")
        let engine = try Self.privateEngine(folder: folder)
        var request = server.request(.get, "/echo")
        request.freshConnection = true
        request.trust = .system
        #expect(try await engine.perform(request).status == 200)
        request.trust = .certificateAuthority(file: server.folder + "/other.pem")
        let error = await failure { [request] () throws(TransferError) in try await engine.perform(request) }
        #expect(error?.code == .tlsNotTrusted)
    }
}
