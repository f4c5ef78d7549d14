// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform

/// What a service's options are, and when somebody has to ask for them; without I/O, on a clock that is passed in.
///
/// Nil options stand for a service that does not say: it is used without them.
struct ICAPOptionsRecord {
    /// What to do with a scan that wants to begin.
    enum Known: Equatable {
        /// It goes on with these.
        case options(ICAPOptions?)
        /// It asks first, and says what came of it.
        case ask
    }

    /// What came of a question.
    enum Answer: Equatable {
        case options(ICAPOptions)
        /// The service knows no such question.
        case unknownQuestion
        /// Nothing that can be read, or nothing in time.
        case none
        /// There was no connection, so that it was not asked.
        case notAsked
    }

    /// How long a service is left alone after no answer.
    static let pause = Duration.seconds(60)

    private var options: ICAPOptions?
    private var expiresAt: Instant?
    private var isAsking = false

    /// What is known now; whoever is told to ask does, and calls ``answered(_:at:)``.
    ///
    /// Others do not wait for that.
    mutating func current(at now: Instant) -> Known {
        let counts = expiresAt.map { now < $0 } ?? false
        guard !counts, !isAsking else { return .options(options) }
        isAsking = true
        return .ask
    }

    /// Takes note of an answer; returns what counts from now on.
    mutating func answered(_ answer: Answer, at now: Instant) -> ICAPOptions? {
        isAsking = false
        switch answer {
        case .options(let found): (options, expiresAt) = (found, now + found.lifetime)
        case .unknownQuestion: (options, expiresAt) = (nil, now + ICAPOptions.longestLife)
        // A service that is busy has not changed: without a preview it might pass files over, and nobody would know.
        case .none: expiresAt = now + Self.pause
        case .notAsked: expiresAt = nil
        }
        return options
    }
}

extension ICAPOptionsRecord.Answer {
    /// What a service answered, whatever that is.
    init(_ reply: EngineReply) {
        if let options = ICAPOptions(reply) {
            self = .options(options)
        } else if reply.ending == .complete, let head = ICAPReply(reply.bytes), [404, 405, 501].contains(head.status) {
            self = .unknownQuestion
        } else {
            self = .none
        }
    }
}
