// Gatehouse. SPDX-License-Identifier: Apache-2.0

import Dispatch
import GatehousePlatform
import GatehouseTransfer
import Glibc

/// Engines that see other system files than the rest of the process: a mount namespace belongs to a thread and to
/// those that it starts.
enum PrivateFiles {
    typealias Unshare = @convention(c) (Int32) -> Int32
    typealias Mount =
        @convention(c) (
            UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UInt, UnsafeRawPointer?
        ) -> Int32

    /// Needs root and a system that allows it.
    static let areAllowed = geteuid() == 0 && (try? engine(replacing: "/etc/ssl/certs", with: "/tmp")) != nil

    /// An engine to whose threads `source` stands in the place of `path`.
    static func engine(replacing path: String, with source: String) throws -> TransferEngine {
        guard let unshareSymbol = dlsym(nil, "unshare"), let mountSymbol = dlsym(nil, "mount") else {
            throw SystemError(code: ENOSYS, call: "dlsym")
        }
        // The prototypes of unshare(2) and mount(2), which glibc's module map leaves out.
        let unshare = unsafeBitCast(unshareSymbol, to: Unshare.self)
        let mount = unsafeBitCast(mountSymbol, to: Mount.self)
        let result = Locked<Result<TransferEngine, SystemError>?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        try Thread.start("private") {
            let newNamespace: Int32 = 0x20000
            let (bind, recursivePrivate): (UInt, UInt) = (0x1000, 0x44000)
            let isMounted =
                unshare(newNamespace) == 0 && mount("none", "/", nil, recursivePrivate, nil) == 0
                && mount(source, path, nil, bind, nil) == 0
            let error = SystemError.current("mount")
            let engine = isMounted ? try? TransferEngine() : nil
            result.withLock { $0 = engine.map { .success($0) } ?? .failure(error) }
            isDone.signal()
        }
        isDone.wait()
        guard let result = result.withLock({ $0 }) else { throw SystemError(code: ECANCELED, call: "unshare") }
        return try result.get()
    }
}
