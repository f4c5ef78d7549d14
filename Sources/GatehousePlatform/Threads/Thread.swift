// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform

/// Threads of our own, for what may block: libcurl's loop, a caller's file, the audit's output.
package enum Thread {
    /// Starts a detached thread that runs `body` to its end, with all signals blocked.
    ///
    /// `name` is cut to 15 bytes by the kernel. Throws the error of pthread_create(3).
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        // The new thread takes over the reference that is made here; a failed start gives it back.
        let context = Unmanaged.passRetained(Body(body))
        let result = gatehouse_start_thread(
            name,
            { pointer in
                guard let pointer else { return }
                Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run()
            },
            context.toOpaque()
        )
        guard result < 0 else { return }
        context.release()
        throw SystemError(code: -result, call: "pthread_create")
    }

    private final class Body: Sendable {
        let run: @Sendable () -> Void

        init(_ run: @escaping @Sendable () -> Void) {
            self.run = run
        }
    }
}
