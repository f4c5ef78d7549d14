// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import Glibc

/// Signals as events of a loop (signalfd(2)).
// Unchecked because it is touched on the loop's thread alone.
package final class SignalSource: ReadinessHandler, @unchecked Sendable {
    private let descriptor: Descriptor
    private let handler: @Sendable (Int32) -> Void

    /// Blocks signals in the calling thread, from which later threads inherit that.
    ///
    /// Call it first thing in `main`.
    package static func block(_ signals: [Int32]) {
        var set = Self.set(signals)
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Receives signals that are blocked; `handler` is called on the loop.
    package init(_ signals: [Int32], handler: @escaping @Sendable (Int32) -> Void) throws(SystemError) {
        var set = Self.set(signals)
        let number = signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK))
        guard number >= 0 else { throw SystemError.current("signalfd") }
        descriptor = Descriptor(owning: number)
        self.handler = handler
    }

    /// Begins to receive.
    ///
    /// Called on the loop.
    package func open(on loop: EventLoop) throws(SystemError) {
        try loop.add(descriptor.number, .readable, self)
    }

    package func handle(_ readiness: Readiness) {
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        while read(descriptor.number, &information, size) == size {
            handler(Int32(bitPattern: information.ssi_signo))
        }
    }

    private static func set(_ signals: [Int32]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }
}
