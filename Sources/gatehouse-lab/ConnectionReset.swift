// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL

/// Ends a connection by TCP RST.
enum ConnectionReset {
    /// Closes with a linger time of zero, below the TLS handler so that no close_notify is sent; on the channel's loop.
    static func perform(on channel: any Channel) {
        _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        if let secure = try? channel.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self) {
            secure.close(mode: .all, promise: nil)
        } else {
            channel.close(mode: .all, promise: nil)
        }
    }
}
