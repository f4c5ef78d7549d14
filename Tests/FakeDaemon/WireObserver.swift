// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehousePlatform
import GatehouseWire
import Testing

/// Holds every message of one connection against the schemas, whoever is at its ends.
///
/// It is given the bytes of both directions as they pass, requests before their replies. What is no JSON is none of its
/// business.
package final class WireObserver: Sendable {
    /// What a test does wrong on purpose; everything else that is wrong fails it.
    package struct OnPurpose: OptionSet, Sendable {
        /// Requests that break a schema, or of methods that there are none.
        package static let requests = OnPurpose(rawValue: 1)
        /// Replies that break a schema.
        package static let replies = OnPurpose(rawValue: 2)

        /// Both, as where a test invents methods.
        package static let all: OnPurpose = [.requests, .replies]

        package let rawValue: UInt8

        /// Makes a set.
        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }
    }

    private struct State {
        var judge: WireJudge
        var requests = MessageStream()
        var replies = MessageStream()
    }

    private let state: Locked<State>
    private let wrong: OnPurpose
    /// The test that made the connection: faults show on threads that belong to none.
    private let test: String?

    /// The test that runs now, for an observer that is made on a thread of its own.
    package static var currentTest: String? { Test.current?.name }

    /// Begins with a connection.
    package init(wrong: OnPurpose = [], test: String? = WireObserver.currentTest) {
        self.test = test
        self.wrong = wrong
        state = Locked(State(judge: WireJudge(requestsAreWrong: wrong.contains(.requests))))
    }

    /// Takes bytes on their way to the daemon.
    package func sent(_ bytes: some Collection<UInt8>) {
        report(of: .requests) { state in
            let messages = state.requests.messages(after: bytes)
            return messages.flatMap { state.judge.faults(ofRequest: $0) }
        }
    }

    /// Takes bytes on their way from the daemon.
    package func received(_ bytes: some Collection<UInt8>) {
        report(of: .replies) { state in
            let messages = state.replies.messages(after: bytes)
            return messages.flatMap { state.judge.faults(ofReply: $0) }
        }
    }

    private func report(of side: OnPurpose, _ body: (inout State) -> [String]) {
        let faults = state.withLock(body)
        if !wrong.contains(side) { for fault in faults { WireRecord.fail(fault, in: test) } }
    }
}

/// One direction of a connection, cut into messages.
struct MessageStream {
    private var splitter = MessageSplitter(maximumBytes: 64 << 20, depth: 64)
    private var bytes: [UInt8] = []
    private var isOver = false

    /// The messages that end in these bytes; none any more after something that is no message.
    mutating func messages(after new: some Collection<UInt8>) -> [JSONValue] {
        guard !isOver, !new.isEmpty else { return [] }
        let before = bytes.count
        bytes.append(contentsOf: new)
        let scan = bytes[before...].withUnsafeBufferPointer { splitter.scan($0) }
        isOver = scan.failure != nil
        var messages: [JSONValue] = []
        var start = 0
        for end in scan.ends.map({ before + $0 }) {
            let text = bytes[start..<end].drop(while: MessageSplitter.isSeparator)
            if let message = try? JSONValue(parsing: text) { messages.append(message) }
            start = end
        }
        bytes.removeFirst(start)
        return messages
    }
}
