// Gatehouse. SPDX-License-Identifier: Apache-2.0

import CPlatform
import FakeDaemon
import GatehousePlatform
import Glibc

/// One connection to the stand-in, on a thread of its own.
struct EngineConversation: ~Copyable {
    private let connection: Descriptor
    private let dialect: EngineStandIn.Dialect
    private var fault: EngineStandIn.Fault?
    private let options: String
    private let preview: EngineStandIn.PreviewAnswer
    private let threat: [UInt8]
    private var received: [UInt8] = []
    private var files: [[UInt8]] = []

    static let usualOptions = "ICAP/1.0 200 OK\r\nMethods: RESPMOD\r\nAllow: 204\r\nEncapsulated: null-body=0\r\n\r\n"

    init(
        _ connection: consuming Descriptor,
        _ dialect: EngineStandIn.Dialect,
        _ fault: EngineStandIn.Fault?,
        _ options: String,
        _ preview: EngineStandIn.PreviewAnswer,
        _ threat: [UInt8]
    ) {
        self.preview = preview
        self.threat = threat
        self.connection = connection
        self.options = options
        self.dialect = dialect
        self.fault = fault
        // What is accepted does not block; this thread may.
        _ = fcntl(self.connection.number, F_SETFL, 0)
    }

    /// Answers one request, which `note` is told of.
    ///
    /// `wait` returns when it is time to answer; it is told whether OPTIONS was asked for.
    mutating func run(_ wait: (Bool) -> Void, _ note: ([UInt8]) -> Void) {
        if fault == .deafness { return waitForHangUp() }
        guard let request = request() else { return }
        note(request)
        wait(request.starts(with: text("OPTIONS")))
        reply(to: request)
    }

    private func reply(to request: [UInt8], _ number: String = "") {
        switch fault {
        case nil: send(answer(request, number))
        case .refuse, .endOfFile, .reset, .deafness: return
        case .silence: waitForHangUp()
        case .halfReply: send(Array(answer(request, number).prefix(answer(request, number).count / 2)))
        case .noTerminator: send(answer(request, number).dropLast())
        case .garbage: send([0xFF, 0, 0x41, 0x0D, 0x0A, 0x0D, 0x0A, 0])
        case .flood: while send([UInt8](repeating: 0x41, count: 4096)) {}
        case .error:
            send(
                dialect == .clamd
                    ? text(number + "fd[9]: Can't allocate memory ERROR\0") : text("ICAP/1.0 500 Server error\r\n\r\n")
            )
        case .wrongAnswer:
            send(
                dialect == .clamd
                    ? text(number + "/tmp/x: OK\0") : text("ICAP/1.0 200 OK\r\nEncapsulated: null-body=0\r\n\r\n")
            )
        case .twoReplies:
            send(
                dialect == .clamd
                    ? answer(request, number) + answer(request, number)
                    : text("HTTP/1.1 204 No\r\n\r\n") + answer(request, number)
            )
        case .slowDrip: while send([0x20]) { pause(milliseconds: 20) }
        }
    }

    private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func waitForHangUp() {
        // POLLRDHUP, which glibc hides without _GNU_SOURCE.
        var entry = pollfd(fd: connection.number, events: 0x2000, revents: 0)
        _ = poll(&entry, 1, 60_000)
    }

    @discardableResult
    private func send(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return true }
            return Glibc.send(connection.number, base, buffer.count, Int32(MSG_NOSIGNAL)) == buffer.count
        }
    }

    private func send(_ bytes: ArraySlice<UInt8>) { send(Array(bytes)) }

    // MARK: Requests

    /// Whether the first command is one that begins a session of clamd's; takes it then.
    mutating func beginsSession() -> Bool {
        let command = text("zIDSESSION\0")
        guard dialect == .clamd, fault != .deafness else { return false }
        while received.count < command.count, command.starts(with: received), receive() {}
        guard received.starts(with: command) else { return false }
        received.removeFirst(command.count)
        return true
    }

    /// Does not begin the session that was asked for.
    mutating func refuseSession(_ answer: EngineStandIn.SessionAnswer, _ wait: (Bool) -> Void) {
        wait(false)
        if answer != .closes { send(text("UNKNOWN COMMAND\0")) }
        guard answer == .unknownCommandAndOK, request() != nil else { return }
        send(text("fd[9]: OK\0"))
        waitForHangUp()
    }

    /// Answers commands under their numbers until somebody hangs up; `next` tells the fault of each but the first.
    mutating func runSession(_ wait: (Bool) -> Void, _ next: () -> EngineStandIn.Fault?) {
        let (scan, ping) = (text("zFILDES\0\0"), text("zPING\0"))
        var (number, scans) = (0, 0)
        while true {
            if received.starts(with: ping) {
                received.removeFirst(ping.count)
                number += 1
                send(text("\(number): PONG\0"))
            } else if received.starts(with: scan), !files.isEmpty {
                received.removeFirst(scan.count)
                (number, scans) = (number + 1, scans + 1)
                if scans > 1 { fault = next() }
                let content = files.removeFirst()
                guard fault != .silence else { continue }
                wait(false)
                reply(to: scan + content, "\(number): ")
                switch fault {
                case nil, .error: break
                case .deafness: return waitForHangUp()
                default: return
                }
            } else if !receive() {
                return
            }
        }
    }

    /// The command and all that was to be scanned; nil where it hangs up before.
    private mutating func request() -> [UInt8]? {
        var seen = 0
        while true {
            if received.count > seen, isComplete(received) {
                guard seen == 0, wantsRest(received) else { return received + files.joined() }
                seen = received.count
                continue
            }
            if fault == .reset, !received.isEmpty { return nil }
            guard receive() else { return nil }
        }
    }

    /// Takes what comes next; false where nothing does any more.
    private mutating func receive() -> Bool {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        var files = [Int32](repeating: -1, count: Int(GATEHOUSE_MAXIMUM_PASSED_DESCRIPTORS))
        var count: Int32 = 0
        var truncated: Int32 = 0
        // The call itself never waits.
        var entry = pollfd(fd: connection.number, events: Int16(POLLIN), revents: 0)
        _ = poll(&entry, 1, 60_000)
        let size = gatehouse_receive(
            connection.number,
            &chunk,
            fault == .reset ? 4 : chunk.count,
            &files,
            &count,
            &truncated
        )
        guard size > 0 else { return false }
        received += chunk.prefix(size)
        for file in files.prefix(Int(count)) { self.files.append(contents(of: Descriptor(owning: file))) }
        return true
    }

    private func contents(of file: consuming Descriptor) -> [UInt8] {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        let size = pread(file.number, &chunk, chunk.count, 0)
        return Array(chunk.prefix(max(0, size)))
    }

    private func isComplete(_ request: [UInt8]) -> Bool {
        switch dialect {
        case .clamd:
            if request.starts(with: text("zINSTREAM\0")) { return request.suffix(4) == [0, 0, 0, 0] }
            return request == text("zFILDES\0\0") || request == text("zVERSION\0")
        case .icap:
            if request.starts(with: text("OPTIONS")) { return request.suffix(4) == text("\r\n\r\n")[...] }
            return request.suffix(7) == text("\r\n0\r\n\r\n")[...] || request.suffix(11) == text("0; ieof\r\n\r\n")[...]
        }
    }

    /// Answers a preview; true where all of the file is to come.
    private func wantsRest(_ request: [UInt8]) -> Bool {
        guard dialect == .icap, String(decoding: request, as: UTF8.self).contains("\r\nPreview: "),
            request.suffix(11) != text("0; ieof\r\n\r\n")[...]
        else { return false }
        let consent = "ICAP/1.0 100 Continue\r\n\r\n"
        switch preview {
        case .goesOn: send(text(consent))
        case .judges: return false
        case .hurries: send(text(consent + "ICAP/1.0 204 No\r\n\r\n"))
        case .repeats: send(text(consent + consent))
        }
        return true
    }

    private func answer(_ request: [UInt8], _ number: String) -> [UInt8] {
        let all = String(decoding: request, as: UTF8.self)
        let isTestFile = all.contains("EICAR-STANDARD")
        let isArchive = all.contains("PK\u{3}\u{4}")
        switch dialect {
        case .clamd:
            if all.hasPrefix("zVERSION") { return text("ClamAV 1.4.6/27000/Mon Nov 17 08:21:04 2026\0") }
            let prefix = number + (all.hasPrefix("zFILDES") ? "fd[9]: " : "stream: ")
            if isTestFile { return text(prefix) + threat + text(" FOUND\0") }
            return text(prefix + (isArchive ? "Heuristics.Encrypted.Zip FOUND\0" : "OK\0"))
        case .icap:
            if all.hasPrefix("OPTIONS") { return text(options) }
            guard isTestFile || isArchive else { return text("ICAP/1.0 204 Unmodified\r\n\r\n") }
            return text("ICAP/1.0 200 OK\r\nX-Infection-Found: Type=0; Resolution=2; Threat=Eicar-Test;\r\n\r\n")
        }
    }
}
