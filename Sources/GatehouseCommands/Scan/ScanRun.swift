// Gatehouse. SPDX-License-Identifier: Apache-2.0

import GatehouseAPI
import GatehouseClient
import GatehousePlatform
import GatehouseWire

/// One run of `gatehouse scan`: opens files, keeps some requests in flight, prints each result as it comes.
struct ScanRun: ~Copyable {
    /// What need not be scanned may be much: answers are looked for in between.
    private static let visitsAtOnce = 256

    private var connection: BlockingConnection
    private var walk: FileWalk
    private let request: ScanRequest
    private var report: ScanReport
    private let time: any TimeSource
    /// What earlier runs scanned, and this one; nil where nobody asked for it.
    private var record: ScanRecord?
    private var window: ScanWindow
    private var pace: ScanPace
    private var hasSaidBusy = false
    private var progress = ScanProgress()
    /// When the daemon last answered, or was given more to do.
    private var lastSign: Instant
    /// Whether the daemon said that it takes nothing more.
    private var isStopping = false

    init(
        _ connection: consuming BlockingConnection,
        _ walk: FileWalk,
        _ request: ScanRequest,
        _ report: consuming ScanReport,
        record: consuming ScanRecord? = nil,
        maximumInFlight: Int,
        time: any TimeSource
    ) {
        self.record = record
        self.connection = connection
        self.walk = walk
        self.request = request
        self.report = report
        self.time = time
        window = ScanWindow(maximumInFlight: maximumInFlight)
        let patience = Duration.milliseconds(request.patience)
        pace = ScanPace(maximum: maximumInFlight, patience: patience)
        lastSign = time.now
    }

    consuming func run() throws {
        while true {
            let mayGoOn = fill()
            show()
            guard report.isWanted else { break }
            if window.inFlight > 0 || (pace.isWaiting && !isStopping) {
                receive(isWaiting: !mayGoOn)
            } else if isStopping {
                recover(.connectionLost(reason: "the daemon is stopping"))
            } else if !mayGoOn {
                break
            }
        }
        if let failure = record?.failure { report.fail("the record could not be written: \(failure.reason)") }
        try report.finish(at: time.now)
    }

    /// Prints a result and counts it.
    private mutating func finish(_ result: ScanResult?) {
        guard let result else { return }
        progress.finish(result.size)
        report.add(result)
    }

    private mutating func show() {
        report.flush()
        guard report.isAnimated else { return }
        let now = time.now
        if report.isDue(at: now) { report.show(progress.adding(window.bytesUnderWay), at: now) }
    }

    // MARK: Sending

    /// Opens and sends files while there is room; true where there is some left after as many as are visited at once.
    private mutating func fill() -> Bool {
        for _ in 0..<Self.visitsAtOnce {
            guard !isStopping, report.isWanted else { return false }
            if let slot = pace.takeDue(inFlight: window.inFlight, now: time.now) {
                guard send(slot) else { return false }
                continue
            }
            guard !progress.isComplete, window.hasRoom, pace.mayBegin(inFlight: window.inFlight) else { return false }
            visit()
        }
        return true
    }

    private mutating func visit() {
        switch walk.next() {
        case .file(let path, let file):
            let held = HeldFile(path, file)
            if record?.holds(held.status) == true { return report.add(ScanResult(path: path, outcome: .unchanged)) }
            begin(held)
        case .shared(let path): begin(HeldFile(shared: path))
        case .fault(let path, let fault):
            progress.find(0)
            finish(ScanResult(path: path, outcome: .local(fault)))
        case .skipped(let path, let kind): report.add(ScanResult(path: path, outcome: .skipped(kind)))
        case nil: progress.isComplete = true
        }
    }

    private mutating func begin(_ file: HeldFile) {
        progress.find(file.size)
        _ = send(window.append(file))
    }

    /// Sends a slot's file; false where that failed, and was dealt with.
    private mutating func send(_ slot: Int) -> Bool {
        guard let held = window.file(slot) else { return true }
        window.countAttempt(slot)
        do throws(ClientError) {
            let id = try connection.send(
                request.method,
                request.parameters(held, isWatched: report.isAnimated),
                descriptors: held.descriptors
            )
            window.sent(slot, id: id)
            lastSign = time.now
            return true
        } catch {
            recover(error)
            return false
        }
    }

    // MARK: Receiving

    /// Takes what the daemon sends next; without waiting, what is there already.
    private mutating func receive(isWaiting: Bool) {
        let patience = Duration.milliseconds(request.patience)
        let interval = report.isAnimated ? Int(ProgressBar.interval.wholeMilliseconds) : request.patience
        let due = pace.wait(inFlight: window.inFlight, now: time.now).map { Int($0.wholeMilliseconds) + 1 }
        let look = isWaiting ? min(interval, due ?? interval) : 0
        do throws(ClientError) {
            switch try connection.next(patience: look) {
            case .answer(let id, let answer): take(id, answer)
            case .notification("progress", let parameters): advance(parameters)
            case .notification: break
            case .silence where look == request.patience && window.inFlight > 0:
                return end(ConnectionEnd.silence(of: request.patience))
            case .silence: break
            }
            // Whatever it tells meanwhile: a request that is overdue has no answer.
            if window.inFlight > 0, time.now - lastSign > patience { end(ConnectionEnd.silence(of: request.patience)) }
        } catch {
            recover(error)
        }
    }

    private mutating func take(_ id: Int, _ answer: Result<JSONValue, RemoteError>) {
        lastSign = time.now
        switch answer {
        case .success(let object):
            let judgement = Judgement(object)
            if let file = window.file(ofRequest: id) { record?.add(file, judgement) }
            finish(window.finish(id, .verdict(judgement)))
        case .failure(let error):
            // A daemon that stops did not begin; the next one will.
            if error.error.kind == .stopping, window.takeBack(id) {
                isStopping = true
            } else if error.error.kind == .busy {
                // No sign that the daemon gets anything done.
                if !waits(id, error.error) { finish(window.finish(id, .remote(error))) }
                return
            } else {
                finish(window.finish(id, .remote(error)))
            }
        }
        pace.answered()
    }

    /// Keeps a file for later that the daemon was too busy for; false where that makes no sense.
    private mutating func waits(_ id: Int, _ error: APIError) -> Bool {
        guard let wait = error.retryAfterMilliseconds, let slot = window.slot(ofRequest: id) else { return false }
        let delay = Duration.milliseconds(min(max(wait, 10), 86_400_000))
        guard
            pace.refused(slot, for: delay, inFlight: window.inFlight - 1, now: time.now)
        else { return false }
        window.refuse(id)
        if !hasSaidBusy, delay >= .seconds(1) {
            hasSaidBusy = true
            report.remark("the daemon is busy (\(error.message)); files that it did not take are sent again")
        }
        return true
    }

    private mutating func advance(_ parameters: JSONValue) {
        guard let id = parameters["id"]?.integer.flatMap(Int.init(exactly:)), let done = parameters["done"]?.integer,
            let total = parameters["total"]?.integer, total > 0
        else { return }
        window.advance(id, to: Double(done) / Double(total))
    }

    // MARK: The end of the connection

    /// Connects again and sends again what is not answered, each file once: scanning twice does no harm.
    private mutating func recover(_ error: ClientError) {
        guard case .connectionLost = error, window.mayBeSentAgain else { return end(error) }
        do throws(ClientError) {
            try connection.reconnect()
        } catch let second {
            report.say("\(error); \(second)")
            return end(error)
        }
        window.takeAllBack()
        pace.forgetWaiting()
        isStopping = false
        lastSign = time.now
        let slots = window.unsent
        report.remark("\(error); connected again, files that are sent again: \(slots.count)")
        for slot in slots { guard send(slot) else { return } }
    }

    /// Nothing more can be asked: what follows is not even opened.
    private mutating func end(_ error: ClientError) {
        for result in window.finishAll(ScanResult.Outcome(error)) { finish(result) }
        pace.forgetWaiting()
        isStopping = false
        if !progress.isComplete { report.say("stopped: whatever comes after this was not scanned") }
        progress.isComplete = true
    }
}
