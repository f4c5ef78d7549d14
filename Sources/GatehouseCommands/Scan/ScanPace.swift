// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import GatehousePlatform

/// How many scans are in flight at once, and which files wait because the daemon was busy; without I/O.
///
/// After a refusal there are no more than the daemon had taken on. Answers let there be more again, slowly: what is in the
/// way may be another program of the same user.
package struct ScanPace {
    private let maximum: Int
    /// How long files may go without an answer before one that is refused is given up.
    private let patience: Duration
    private var limit: Int
    private var answers = 0
    /// When the daemon first refused a file since it last answered one.
    private var busySince: Instant?
    /// When each waiting slot may be sent again.
    private var due: [Int: Instant] = [:]

    /// At most `maximum` scans at once.
    package init(maximum: Int, patience: Duration) {
        self.maximum = maximum
        self.patience = patience
        limit = maximum
    }

    /// Whether files wait.
    package var isWaiting: Bool { !due.isEmpty }

    /// Whether another file may be opened and sent; those that wait come first.
    package func mayBegin(inFlight: Int) -> Bool { due.isEmpty && inFlight < limit }

    /// A slot that is to be sent again now, the oldest first.
    package mutating func takeDue(inFlight: Int, now: Instant) -> Int? {
        guard inFlight < limit, let slot = due.lazy.filter({ $0.value <= now }).map(\.key).min() else { return nil }
        due[slot] = nil
        return slot
    }

    /// How long until a slot may be sent again, if nothing else happens first.
    package func wait(inFlight: Int, now: Instant) -> Duration? {
        guard inFlight < limit else { return nil }
        return due.values.min().map { max($0 - now, .zero) }
    }

    /// The daemon took on no more, `inFlight` scans being under way; false where it makes no sense to try again.
    package mutating func refused(_ slot: Int, for delay: Duration, inFlight: Int, now: Instant) -> Bool {
        let since = busySince ?? now
        busySince = since
        guard now + delay < since + patience else { return false }
        limit = max(min(limit, inFlight), 1)
        answers = 0
        due[slot] = now + delay
        return true
    }

    /// A scan was answered.
    package mutating func answered() {
        busySince = nil
        answers += 1
        guard answers >= limit, limit < maximum else { return }
        limit += 1
        answers = 0
    }

    /// Everything that is not answered is sent again at once.
    package mutating func forgetWaiting() {
        due = [:]
    }
}
