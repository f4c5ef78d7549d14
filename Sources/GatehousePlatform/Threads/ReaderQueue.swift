// Gatehouse. SPDX-License-Identifier: Apache-2.0

package import Glibc

/// Which job runs next: in order for one user, in turn between users, within the bounds per user and in total.
///
/// It holds no thread and no lock: ``ReaderThreads`` does what it says.
package struct ReaderQueue<Job> {
    /// The jobs of one user.
    private struct Lane {
        var jobs: [Job] = []
        var closes: [Job] = []
        var running = 0
    }

    private let perUser: Int
    private var lanes: [uid_t: Lane] = [:]
    /// Users with jobs that wait, the next one to be served first.
    private var turn: [uid_t] = []

    /// Jobs that were handed out and have not ended.
    package private(set) var running = 0

    /// At most `perUser` jobs of one user run at once; closes may take one place more.
    package init(perUser: Int) {
        self.perUser = max(perUser, 1)
    }

    /// Whether nothing waits and nothing runs.
    package var isEmpty: Bool { running == 0 && turn.isEmpty }

    /// Adds a job at the end of its user's line; a close goes before all of the user's reads.
    package mutating func add(_ job: Job, user: uid_t, isClose: Bool) {
        var lane = lanes[user] ?? Lane()
        if lane.jobs.isEmpty && lane.closes.isEmpty { turn.append(user) }
        if isClose { lane.closes.append(job) } else { lane.jobs.append(job) }
        lanes[user] = lane
    }

    /// Takes the next job that may run now, or nil.
    package mutating func next() -> (job: Job, user: uid_t)? {
        for (index, user) in turn.enumerated() {
            guard var lane = lanes[user] else { continue }
            let job: Job
            if !lane.closes.isEmpty && lane.running <= perUser {
                job = lane.closes.removeFirst()
            } else if !lane.jobs.isEmpty && lane.running < perUser {
                job = lane.jobs.removeFirst()
            } else {
                continue
            }
            lane.running += 1
            running += 1
            turn.remove(at: index)
            if !lane.jobs.isEmpty || !lane.closes.isEmpty { turn.append(user) }
            lanes[user] = lane
            return (job, user)
        }
        return nil
    }

    /// Whether a job waits that may run now, a close or any other.
    package func hasNext(closes: Bool) -> Bool {
        turn.contains { user in
            guard let lane = lanes[user] else { return false }
            return closes
                ? !lane.closes.isEmpty && lane.running <= perUser : !lane.jobs.isEmpty && lane.running < perUser
        }
    }

    /// Gives back the place of a job that ended.
    package mutating func ended(user: uid_t) {
        guard var lane = lanes[user], lane.running > 0 else { return }
        lane.running -= 1
        running -= 1
        let isIdle = lane.running == 0 && lane.jobs.isEmpty && lane.closes.isEmpty
        lanes[user] = isIdle ? nil : lane
    }
}
