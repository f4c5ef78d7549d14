// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform

/// What a descriptor is watched for, or ready for (epoll_ctl(2)).
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32

    /// Takes epoll's own bits.
    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// Bytes, a connection or the end of input can be taken.
    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    /// There is room to write.
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The peer has closed both directions: nobody will read an answer.
    package static let hungUp = Readiness(rawValue: EPOLLHUP.rawValue)
    /// The peer sends nothing more, but may still read.
    package static let readClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// Bytes, or the peer's word that no more come.
    ///
    /// A constant: the array literal that says the same is built anew, and slowly, wherever it is written.
    package static let input = Readiness(rawValue: EPOLLIN.rawValue | EPOLLRDHUP.rawValue)
    /// The descriptor is in error.
    package static let failed = Readiness(rawValue: EPOLLERR.rawValue)
}

/// What an event loop calls when a descriptor is ready; always on the loop's thread.
package protocol ReadinessHandler: AnyObject, Sendable {
    /// Takes what is ready without blocking, and no more than a fair share of it.
    func handle(_ readiness: Readiness)
}

/// What an event loop calls at the end of a turn; always on the loop's thread.
package protocol TurnEndHandler: AnyObject, Sendable {
    /// All events and jobs of the turn are done.
    func turnEnded()
}
