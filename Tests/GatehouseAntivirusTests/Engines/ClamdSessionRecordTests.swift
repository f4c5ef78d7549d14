// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import Testing

@testable import GatehouseAntivirus

/// When descriptors go to clamd in sessions, and what shows that it takes none.
struct ClamdSessionRecordTests {
    /// What happens at a second, and what is expected of it.
    enum Step: Sendable {
        /// A scan comes: whether it goes into a session.
        case scan(Int, goesIntoSession: Bool)
        /// A session was not taken: whether what was in it is sent again.
        case refused(ClamdSessionRecord.Refusal, Int, isSentAgain: Bool)
        case answered
        case lost
    }

    /// A course of events.
    struct Course: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var steps: [Step]

        init(_ description: String, _ steps: [Step]) {
            (testDescription, self.steps) = (description, steps)
        }
    }

    private static let courses = [
        Course(
            "sessions are used until one is refused",
            [.scan(0, goesIntoSession: true), .scan(0, goesIntoSession: true), .scan(90_000, goesIntoSession: true)]
        ),
        Course(
            "who does not know the word is asked by one scan after an hour, and again an hour later",
            [
                .refused(.unknownCommand, 0, isSentAgain: true), .scan(0, goesIntoSession: false),
                .scan(3599, goesIntoSession: false), .scan(3600, goesIntoSession: true),
                .scan(3600, goesIntoSession: false), .scan(7199, goesIntoSession: false),
                .scan(7200, goesIntoSession: true), .refused(.unknownCommand, 7201, isSentAgain: true),
                .scan(10_800, goesIntoSession: false), .scan(10_801, goesIntoSession: true),
            ]
        ),
        Course(
            "who closes is asked by one scan after a minute, and again a minute later",
            [
                .refused(.closed, 0, isSentAgain: true), .scan(0, goesIntoSession: false),
                .scan(59, goesIntoSession: false), .scan(60, goesIntoSession: true), .scan(60, goesIntoSession: false),
                .refused(.closed, 61, isSentAgain: true), .scan(120, goesIntoSession: false),
                .scan(121, goesIntoSession: true),
            ]
        ),
        Course(
            "all scans that were in refused sessions are sent again",
            [
                .refused(.closed, 0, isSentAgain: true), .refused(.closed, 0, isSentAgain: true),
                .refused(.unknownCommand, 1, isSentAgain: true), .scan(61, goesIntoSession: false),
            ]
        ),
        Course(
            "who takes a session again is asked no more",
            [
                .refused(.unknownCommand, 0, isSentAgain: true), .scan(3600, goesIntoSession: true), .answered,
                .scan(3600, goesIntoSession: true), .scan(3600, goesIntoSession: true),
            ]
        ),
        Course(
            "who answered in a session and closes another has gone away, and nothing is sent again",
            [.answered, .refused(.closed, 0, isSentAgain: false), .scan(0, goesIntoSession: true)]
        ),
        Course(
            "who answered in a session may be followed by another one, who does not know the word",
            [
                .answered, .refused(.unknownCommand, 0, isSentAgain: true), .scan(1, goesIntoSession: false),
                .refused(.closed, 2, isSentAgain: true),
            ]
        ),
        Course(
            "what comes back is asked anew",
            [
                .refused(.unknownCommand, 0, isSentAgain: true), .lost, .scan(1, goesIntoSession: true),
                .scan(1, goesIntoSession: true), .answered, .lost, .refused(.closed, 2, isSentAgain: true),
                .scan(3, goesIntoSession: false),
            ]
        ),
    ]

    @Test(arguments: courses)
    func `descriptors go into sessions where those are taken`(_ course: Course) {
        let start = Instant(nanoseconds: 1_000_000_000_000)
        var record = ClamdSessionRecord()
        for (index, step) in course.steps.enumerated() {
            switch step {
            case .scan(let second, let expected):
                let goesIntoSession = record.admits(at: start + .seconds(second))
                #expect(goesIntoSession == expected, "step \(index)")
            case .refused(let refusal, let second, let expected):
                let isSentAgain = record.refused(refusal, at: start + .seconds(second))
                #expect(isSentAgain == expected, "step \(index)")
            case .answered: record.answered()
            case .lost: record.lost()
            }
        }
    }
}
