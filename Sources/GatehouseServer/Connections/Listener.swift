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
    private var isWatched = false

    init(_ descriptor: consuming Descriptor, isAdmin: Bool, isOwn: Bool, server: Server) {
        self.descriptor = descriptor
        self.isAdmin = isAdmin
        self.isOwn = isOwn
        self.server = server
    }

    func open() throws(SystemError) {
        guard !isWatched else { return }
        try server.loop.add(descriptor.number, .readable, self)
        isWatched = true
    }

    /// Accepts nobody for a while: the kernel keeps who connects.
    func rest() {
        isWatched = false
        server.loop.remove(descriptor.number)
    }

    /// Accepts no more callers; on a socket of our own those whose connect(2) succeeded are taken, and no other will.
    func close() {
        rest()
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

    /// Begins again; where the loop cannot take it, a little later.
    func resume() {
        do { try open() } catch { pause() }
    }

    /// Accepts until nobody waits; whether there was somebody, or might be.
    func acceptAll() -> Bool {
        var hasSomebody = false
        while true {
            let accepted = gatehouse_accept(descriptor.number)
            switch -accepted {
            case ..<1: server.accepted(accepted, isAdmin: isAdmin)
            case EAGAIN: return hasSomebody
            case ECONNABORTED: break
            default: return true
            }
            hasSomebody = true
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
        rest()
        server.loop.schedule(at: server.loop.time.now + .milliseconds(100)) { [weak self] in
            guard let self, self.server.isAccepting else { return }
            self.resume()
        }
    }
}
