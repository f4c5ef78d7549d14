// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import GatehousePlatform
import Glibc

/// A listening socket: accepts, a bounded number a turn.
// Unchecked because it is touched on the loop's thread alone.
final class Listener: ReadinessHandler, @unchecked Sendable {
    private let descriptor: Descriptor
    private let isAdmin: Bool
    private let isOwn: Bool
    private unowned let server: Server

    init(_ descriptor: consuming Descriptor, isAdmin: Bool, isOwn: Bool, server: Server) {
        self.descriptor = descriptor
        self.isAdmin = isAdmin
        self.isOwn = isOwn
        self.server = server
    }

    func open() throws(SystemError) {
        try server.loop.add(descriptor.number, .readable, self)
    }

    /// Accepts no more callers; on a socket of our own those whose connect(2) succeeded are taken, and no other will.
    func close() {
        server.loop.remove(descriptor.number)
        guard isOwn else { return }
        shutdown(descriptor.number, Int32(SHUT_RDWR))
        while true {
            let accepted = gatehouse_accept(descriptor.number)
            switch -accepted {
            case ..<1: server.accepted(accepted, isAdmin: isAdmin)
            case ECONNABORTED: continue
            default: return
            }
        }
    }

    func handle(_ readiness: Readiness) {
        for _ in 0..<64 {
            let accepted = gatehouse_accept(descriptor.number)
            switch -accepted {
            case ..<1: server.accepted(accepted, isAdmin: isAdmin)
            case EAGAIN: return
            case ECONNABORTED: continue
            default:
                pause()
                return
            }
        }
    }

    /// No descriptor or memory is left: the backlog waits until some have come back, and the loop does not spin.
    private func pause() {
        server.loop.remove(descriptor.number)
        server.loop.schedule(at: server.loop.time.now + .milliseconds(100)) { [weak self] in
            guard let self, !self.server.isDraining else { return }
            do { try self.open() } catch { self.pause() }
        }
    }
}
