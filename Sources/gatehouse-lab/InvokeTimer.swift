// Gatehouse. SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The gateway's patience with SPE, counted anew from each sign of progress.
final class InvokeTimer {
    private let patience: TimeAmount
    private let eventLoop: any EventLoop
    private let expired: () -> Void
    private var lastProgress = NIODeadline.now()
    private var scheduled: Scheduled<Void>?

    /// Starts to wait, on the event loop that this runs on.
    init(patience: TimeAmount, eventLoop: any EventLoop, expired: @escaping () -> Void) {
        self.patience = patience
        self.eventLoop = eventLoop
        self.expired = expired
        schedule(in: patience)
    }

    /// Notes a sign of progress.
    func progress() {
        lastProgress = .now()
    }

    /// Stops waiting.
    func cancel() {
        scheduled?.cancel()
    }

    private func schedule(in delay: TimeAmount) {
        scheduled = eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in self?.fired() }
    }

    private func fired() {
        let due = lastProgress + patience
        let now = NIODeadline.now()
        if due <= now { expired() } else { schedule(in: due - now) }
    }
}
