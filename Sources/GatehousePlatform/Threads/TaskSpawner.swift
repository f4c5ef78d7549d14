// Gatehouse. SPDX-License-Identifier: Apache-2.0

/// Starts tasks for those who may not: only the composition root makes one, and waits for all its tasks at the end.
package struct TaskSpawner: Sendable {
    /// A started task, seen from outside.
    package struct Running: Sendable {
        /// Tells the task that nobody wants its result any more.
        package let cancel: @Sendable () -> Void

        /// Names a running task by what cancels it.
        package init(cancel: @escaping @Sendable () -> Void) {
            self.cancel = cancel
        }
    }

    private let start: @Sendable (@escaping @Sendable () async -> Void) -> Running

    /// Makes a spawner from what really starts a task.
    package init(_ start: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Running) {
        self.start = start
    }

    /// Starts a task that runs on its own.
    @discardableResult
    package func spawn(_ body: @escaping @Sendable () async -> Void) -> Running {
        start(body)
    }
}
